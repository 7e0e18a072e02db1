"""Where tests come from: recorded calls, documented examples, generated inputs."""

from lift_sys.data_synthesis.oracles.base import ObservedCall
from lift_sys.data_synthesis.oracles.choosing import choose_tests, to_test
from lift_sys.data_synthesis.oracles.doctests import doctest_calls
from lift_sys.data_synthesis.oracles.generated import Exploration, explore
from lift_sys.data_synthesis.oracles.recorded import record

__all__ = ["Exploration", "ObservedCall", "choose_tests", "doctest_calls", "explore", "record", "to_test"]
