"""What coding agents are told of Plait: a skill in the Agent Skills format, and where agents look for it."""

from plait.skill.contents import DESCRIPTION, CommandFacts, OptionFacts, contents
from plait.skill.installing import Installed, Removed, Standing, install, remove, standing
from plait.skill.places import NAME, Place, place_of, places_for, shared_places

__all__ = [
    "DESCRIPTION",
    "NAME",
    "CommandFacts",
    "Installed",
    "OptionFacts",
    "Place",
    "Removed",
    "Standing",
    "contents",
    "install",
    "place_of",
    "places_for",
    "remove",
    "shared_places",
    "standing",
]
