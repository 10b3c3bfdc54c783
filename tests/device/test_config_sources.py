"""Settings as people and boot loaders write them down."""

import os

import pytest

from surefoot.device.config_sources import FILE_MAX_BYTES, cmdline_settings, named, read_file


def pairs(settings):
    return [(setting.name, setting.text) for setting in settings]


@pytest.mark.parametrize(
    ("cmdline", "expected"),
    [
        ("", []),
        ("quiet root=/dev/sda ro", []),
        ("pv_log_level=3 ph_creds_host=hub PV_X=1", ["pv_log_level", "ph_creds_host", "PV_X"]),
        ('pv_oem_name="a b"', ["pv_oem_name"]),
        ("pv_log_level=3 it's", ["pv_log_level"]),
        ("pv_rev=7 pv_try=8 pv_trying=8 pv_boot", []),
    ],
)
def test_our_words_of_the_kernel_command_line_are_found(cmdline, expected):
    assert [setting.name for setting in cmdline_settings(cmdline)] == expected


def test_quotes_of_the_kernel_command_line_are_not_part_of_a_value():
    assert pairs(cmdline_settings('pv_oem_name="a b=c" x')) == [("pv_oem_name", "a b=c")]


def test_only_names_with_our_prefixes_are_ours():
    found = named({"PV_A": " 1 ", "surefoot_b": "2", "HOME": "/", "pv_rev": "1"}, "here")
    assert pairs(found) == [("PV_A", "1"), ("surefoot_b", "2")]


def test_a_line_knows_its_number(tmp_path):
    path = tmp_path / "x.config"
    path.write_text("\ufeff# comment = 1\r\n\r\nA = b = c\r\n=no name\nword\nB=")
    settings, remarks = read_file(path)
    assert pairs(settings) == [("A", "b = c"), ("B", "")]
    assert [setting.where for setting in settings] == [f"{path}:3", f"{path}:6"]
    assert [remark.where for remark in remarks] == [f"{path}:4", f"{path}:5"]


def test_a_file_that_is_not_there_says_nothing(tmp_path):
    assert read_file(tmp_path / "none") == ([], [])


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    settings, remarks = read_file(tmp_path / "pipe")
    assert (settings, [remark.text for remark in remarks]) == (
        [],
        ["is not a file; it is ignored"],
    )


def test_of_a_large_file_only_the_first_part_is_read(tmp_path):
    path = tmp_path / "x.config"
    path.write_text("A=1\n" + "#" * FILE_MAX_BYTES + "\nB=2\n")
    settings, remarks = read_file(path)
    assert pairs(settings) == [("A", "1")]
    assert len(remarks) == 1
