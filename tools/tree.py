"""What the checks know about the tree: tracked files, folders, what each folder's meson.build names."""
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def tracked(*patterns):
    """Tracked and new files (not ignored ones), relative to the top."""
    out = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--",
                          *patterns], cwd=TOP, stdout=subprocess.PIPE, check=True).stdout.decode()
    return sorted(p for p in set(out.split("\0")) if p and os.path.exists(os.path.join(TOP, p)))


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def folders():
    """The folders of src/meson.build, in their order of building."""
    text = re.search(r"^folders = \[(.*?)^\]", read("src/meson.build"), re.S | re.M).group(1)
    return re.findall(r"'([^']+)'", text)


def names(folder, what):
    """A list that a folder's meson.build declares: uses, test_uses, unit_tests, fuzz_targets,
    programs."""
    text = read("src/%s/meson.build" % folder)
    found = []
    for m in re.finditer(r"^%s \+?= (?:files\()?[\[(]?(.*?)[\])]\s*$" % what, text, re.S | re.M):
        found += re.findall(r"'([^']+)'", m.group(1))
    return found
