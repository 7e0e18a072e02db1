"""Solutions to HumanEval problems written from the description alone, in another way than the canonical ones.

Each is `(problem, entry point, code)`: recursion for loops, tables for conditions, other parameter orders and names.
"""

SOLUTIONS: list[tuple[str, str, str]] = [
    (
        "HumanEval/0",
        "any_pair_within",
        """
def any_pair_within(limit, values):
    ranked = sorted(values)
    return any(b - a < limit for a, b in zip(ranked, ranked[1:]))
""",
    ),
    (
        "HumanEval/1",
        "groups",
        """
def groups(text):
    depth, found, current = 0, [], ""
    for sign in text.replace(" ", ""):
        current += sign
        depth += 1 if sign == "(" else -1
        if depth == 0:
            found, current = found + [current], ""
    return found
""",
    ),
    (
        "HumanEval/3",
        "overdrawn",
        """
from itertools import accumulate
def overdrawn(transactions):
    return min(accumulate(transactions), default=0) < 0
""",
    ),
    (
        "HumanEval/9",
        "peaks",
        """
from itertools import accumulate
def peaks(series):
    return list(accumulate(series, max))
""",
    ),
    (
        "HumanEval/13",
        "common_measure",
        """
def common_measure(m, n):
    if m == 0 or n == 0:
        return m + n
    return common_measure(n, m % n)
""",
    ),
    (
        "HumanEval/20",
        "nearest_two",
        """
from itertools import combinations
def nearest_two(xs):
    a, b = min(combinations(xs, 2), key=lambda pair: abs(pair[0] - pair[1]))
    return [min(a, b), max(a, b)]
""",
    ),
    (
        "HumanEval/25",
        "prime_parts",
        """
def prime_parts(n, d=2):
    if n < 2:
        return []
    if d * d > n:
        return [n]
    return [d] + prime_parts(n // d, d) if n % d == 0 else prime_parts(n, d + 1)
""",
    ),
    (
        "HumanEval/31",
        "prime",
        """
import re
def prime(k):
    if k < 2:
        return False
    if k in (2, 3):
        return True
    if k % 2 == 0 or k % 3 == 0:
        return False
    step = 5
    while step * step <= k:
        if k % step == 0 or k % (step + 2) == 0:
            return False
        step += 6
    return True
""",
    ),
    (
        "HumanEval/40",
        "three_cancel",
        """
def three_cancel(numbers):
    numbers = sorted(numbers)
    for i in range(len(numbers) - 2):
        low, high = i + 1, len(numbers) - 1
        while low < high:
            total = numbers[i] + numbers[low] + numbers[high]
            if total == 0:
                return True
            if total < 0:
                low += 1
            else:
                high -= 1
    return False
""",
    ),
    (
        "HumanEval/46",
        "tetra",
        """
def tetra(n, memo={0: 0, 1: 0, 2: 2, 3: 0}):
    if n not in memo:
        memo[n] = tetra(n - 1) + tetra(n - 2) + tetra(n - 3) + tetra(n - 4)
    return memo[n]
""",
    ),
    (
        "HumanEval/47",
        "middle",
        """
import statistics
def middle(sample):
    return statistics.median(sample)
""",
    ),
    (
        "HumanEval/48",
        "mirrored",
        """
def mirrored(word):
    return len(word) < 2 or (word[0] == word[-1] and mirrored(word[1:-1]))
""",
    ),
    (
        "HumanEval/55",
        "rabbits",
        """
def rabbits(months):
    before, now = 0, 1
    for _ in range(months):
        before, now = now, before + now
    return before
""",
    ),
    (
        "HumanEval/56",
        "angles_match",
        """
def angles_match(text):
    while "<>" in text:
        text = text.replace("<>", "")
    return text == ""
""",
    ),
    (
        "HumanEval/58",
        "shared",
        """
def shared(second, first):
    found = []
    for item in first:
        if item in second and item not in found:
            found.append(item)
    found.sort()
    return found
""",
    ),
    (
        "HumanEval/63",
        "fib3",
        """
def fib3(n):
    window = [0, 0, 1]
    while len(window) <= n:
        window.append(window[-1] + window[-2] + window[-3])
    return window[n]
""",
    ),
    (
        "HumanEval/78",
        "primes_in_hex",
        """
def primes_in_hex(digits):
    return sum(map(digits.count, "2357BD"))
""",
    ),
    (
        "HumanEval/79",
        "framed_binary",
        """
def framed_binary(number):
    bits = ""
    while number:
        number, bit = divmod(number, 2)
        bits = str(bit) + bits
    return "db" + (bits or "0") + "db"
""",
    ),
    (
        "HumanEval/94",
        "digits_of_largest_prime",
        """
def digits_of_largest_prime(numbers):
    def prime(n):
        return n > 1 and all(n % d for d in range(2, int(n ** 0.5) + 1))
    largest = 0
    for n in numbers:
        if n > largest and prime(n):
            largest = n
    return sum(divmod(largest // 10 ** k, 10)[1] for k in range(len(str(largest))))
""",
    ),
    (
        "HumanEval/105",
        "names_of_digits",
        """
def names_of_digits(values):
    table = {1: "One", 2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight", 9: "Nine"}
    return [table[v] for v in reversed(sorted(values)) if v in table]
""",
    ),
    (
        "HumanEval/106",
        "mixed_series",
        """
def mixed_series(n):
    product, total, out = 1, 0, []
    for i in range(1, n + 1):
        product, total = product * i, total + i
        out.append(total if i % 2 else product)
    return out
""",
    ),
    (
        "HumanEval/139",
        "super_factorial",
        """
from math import prod
def super_factorial(n):
    return prod(i ** (n - i + 1) for i in range(1, n + 1))
""",
    ),
    (
        "HumanEval/149",
        "even_words",
        """
def even_words(words):
    kept = [w for w in words if not len(w) & 1]
    kept.sort()
    return sorted(kept, key=len)
""",
    ),
    (
        "HumanEval/156",
        "roman",
        """
def roman(n):
    digits = [("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"),
              ("", "x", "xx", "xxx", "xl", "l", "lx", "lxx", "lxxx", "xc"),
              ("", "c", "cc", "ccc", "cd", "d", "dc", "dcc", "dccc", "cm"), ("", "m")]
    return "".join(digits[k][n // 10 ** k % 10] for k in (3, 2, 1, 0))
""",
    ),
    (
        "HumanEval/158",
        "most_varied",
        """
def most_varied(words):
    best = None
    for word in words:
        rank = (-len(set(word)), word)
        if best is None or rank < best:
            best = rank
    return best[1]
""",
    ),
]
