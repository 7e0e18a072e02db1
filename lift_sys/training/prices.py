"""What machines cost and can do: the one table that estimates are made of."""

from __future__ import annotations

from dataclasses import dataclass

from lift_sys.errors import ConfigError

AS_OF = "2026-05-07"
"""Day on which the prices were those of modal.com/pricing; look there before a large run."""


@dataclass(frozen=True)
class Machine:
    """One GPU, as Modal lets it."""

    name: str
    """As `gpu=` of a Modal function takes it."""
    per_second: float
    """Dollars."""
    memory: float
    """Bytes."""
    peak: float
    """Multiply-adds in bfloat16, dense, as its maker states them: floating point operations a second."""

    @property
    def per_hour(self) -> float:
        return 3600 * self.per_second


MACHINES = {
    machine.name: machine
    for machine in (
        Machine("H100", 0.001097, 80e9, 989e12),
        Machine("A100-80GB", 0.000694, 80e9, 312e12),
        Machine("L40S", 0.000542, 48e9, 362e12),
        Machine("L4", 0.000222, 24e9, 121e12),
    )
}
CPU_CORE_SECOND = 0.0000131
"""Dollars for a physical core; a GPU's function asks for some besides."""
CORES = 8
"""Physical cores that are asked for beside a GPU."""
MEMORY_GIB_SECOND = 0.00000222
"""Dollars for a GiB of memory; it is let besides the GPU's own."""
MEMORY_GIB = 96
"""GiB of memory that are asked for beside a GPU: the weights pass through it."""


def machine_of(name: str) -> Machine:
    """Raises:
    ConfigError: there is no price for it.
    """
    try:
        return MACHINES[name]
    except KeyError:
        raise ConfigError(f"there is no price for {name!r}: known are {', '.join(MACHINES)}") from None


def per_hour(machine: Machine) -> float:
    """Dollars an hour for the GPU with the cores and the memory beside it."""
    return machine.per_hour + 3600 * (CORES * CPU_CORE_SECOND + MEMORY_GIB * MEMORY_GIB_SECOND)
