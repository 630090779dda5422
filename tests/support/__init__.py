"""What several folders of tests share: step types that run in this process, and a bench to run workflows on."""
