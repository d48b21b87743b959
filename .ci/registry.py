"""Makes a registry of modules on this machine, so that MODULE.bazel is resolved as a stranger's Bazel does it.

    registry.py FACTS OUT SHARE DISTDIR

FACTS says which versions the public registry has and what they depend on. OUT/registry gets a MODULE.bazel for
each. There is no network for what is in a module, so each version has a stand-in with the same targets: what the
distribution's Bazel has below SHARE, a pinned archive of DISTDIR, or a module without files.
"""

import ast
import json
import os
import shutil
import sys
import tarfile

# Folders below SHARE. They are older than the versions that they stand in for.
SHARED = {
    "bazel_features": "tools/features",
    "bazel_skylib": "tools/skylib",
    "platforms": "tools/platforms",
    "rules_cc": "rules/cc",
    "rules_java": "rules/java",
    "rules_license": "rules/license",
    "rules_proto": "rules/proto",
    "rules_python": "rules/python",
}

PINNED = {
    "google_benchmark": "v1.7.1.tar.gz",
    "googletest": "release-1.12.1.tar.gz",
}

# Constraints of the named version that the older stand-in lacks.
CONSTRAINTS = {"platforms": ["mips32"]}


def read_facts(path):
    """Yields name, version, level and a list of (name, version)."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            fields = line.split("#", 1)[0].split()
            if not fields:
                continue
            if len(fields) < 3 or not fields[2].isdigit():
                raise ValueError("%s:%d: not a module, a version and a level" % (path, number))
            yield fields[0], fields[1], int(fields[2]), [tuple(f.split("@", 1)) for f in fields[3:]]


def is_missing(facts):
    """The dependencies that have no line of their own."""
    known = {(name, version) for name, version, _, _ in facts}
    return sorted({dep for _, _, _, deps in facts for dep in deps} - known)


def calls(node):
    return [it for it in ast.walk(node) if isinstance(it, ast.Call)]


def name_of(call):
    return getattr(call.func, "id", "")


def is_for_developers(node):
    return any(
        keyword.arg == "dev_dependency" and getattr(keyword.value, "value", False)
        for call in calls(node)
        for keyword in call.keywords
    )


def extensions(text):
    """What a MODULE.bazel has beside its name and its dependencies: extensions, repositories, toolchains."""
    dropped, kept = set(), []
    for node in ast.parse(text).body:
        names = {it.id for it in ast.walk(node) if isinstance(it, ast.Name)}
        if is_for_developers(node) or names & dropped:
            if isinstance(node, ast.Assign):
                dropped.update(target.id for target in node.targets)
            continue
        called = {name_of(call) for call in calls(node)}
        if called & {"module", "bazel_dep"} or any(name.endswith("_override") for name in called):
            continue
        kept.append(ast.get_source_segment(text, node))
    return "\n".join(kept)


def module_text(name, version, level, deps, more):
    lines = [
        "module(name = %s, version = %s, compatibility_level = %d)"
        % (json.dumps(name), json.dumps(version), level)
    ]
    for dep, dep_version in deps:
        lines.append("bazel_dep(name = %s, version = %s)" % (json.dumps(dep), json.dumps(dep_version)))
    return "\n".join(lines + [more]) + "\n"


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def make_source(name, out, share, distdir):
    """Puts the stand-in of a module into OUT/modules/NAME, and returns the path and its extensions."""
    folder = os.path.join(out, "modules", name)
    more = ""
    if name in SHARED:
        shutil.copytree(os.path.join(share, SHARED[name]), folder, symlinks=True)
        with open(os.path.join(folder, "MODULE.bazel"), encoding="utf-8") as file:
            more = extensions(file.read())
    elif name in PINNED:
        unpack(os.path.join(distdir, PINNED[name]), folder)
    else:
        write(os.path.join(folder, "BUILD.bazel"), "")
    for cpu in CONSTRAINTS.get(name, ()):
        with open(os.path.join(folder, "cpu", "BUILD"), "a", encoding="utf-8") as file:
            file.write('constraint_value(name = "%s", constraint_setting = ":cpu")\n' % cpu)
    write(os.path.join(folder, "MODULE.bazel"), "module(name = %s)\n%s\n" % (json.dumps(name), more))
    return folder, more


def unpack(archive, folder):
    """Unpacks without the archive's one top folder."""
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            member.name = member.name.partition("/")[2]
            if member.name:
                tar.extract(member, folder)


def make(facts_path, out, share, distdir):
    facts = list(read_facts(facts_path))
    missing = is_missing(facts)
    if missing:
        raise ValueError("%s: no line for %s" % (facts_path, ", ".join("@".join(m) for m in missing)))
    for folder in ("modules", "registry"):
        shutil.rmtree(os.path.join(out, folder), ignore_errors=True)
    write(os.path.join(out, "registry", "bazel_registry.json"), "{}\n")
    sources = {}
    for name, version, level, deps in facts:
        if name not in sources:
            sources[name] = make_source(name, out, share, distdir)
        folder, more = sources[name]
        place = os.path.join(out, "registry", "modules", name, version)
        write(os.path.join(place, "MODULE.bazel"), module_text(name, version, level, deps, more))
        write(
            os.path.join(place, "source.json"),
            json.dumps({"type": "local_path", "path": folder}) + "\n",
        )


if __name__ == "__main__":
    try:
        make(*sys.argv[1:])
    except (OSError, ValueError) as error:
        sys.exit("registry.py: %s" % error)
