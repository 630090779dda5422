"""Pure data and contracts: workflows, inputs, steps, statuses and what a step type must offer."""
