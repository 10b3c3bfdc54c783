"""A file and a function stay what one can read in one go."""

import ast
import statistics

from tests.tidy.source import TESTS, modules, name, tree

FILE_MAX_LINES = 500
FUNCTION_MAX_LINES = 70
MEDIAN_MAX_LINES = 10


def functions(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def test_no_file_is_over_five_hundred_lines():
    counts = {name(path): path.read_text().count("\n") for path in [*modules(), *modules(TESTS)]}
    assert not {path: count for path, count in counts.items() if count > FILE_MAX_LINES}


def test_no_function_is_over_seventy_lines():
    long = [
        f"{name(path)}:{line} {function} is {length} lines"
        for path in modules()
        for function, line, length in functions(path)
        if length > FUNCTION_MAX_LINES
    ]
    assert not long


def test_the_median_function_is_under_ten_lines():
    lengths = [length for path in modules() for _, _, length in functions(path)]
    assert statistics.median(lengths) < MEDIAN_MAX_LINES
