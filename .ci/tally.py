"""Counts the test cases of one Bazel run.

    tally.py EVENTS
    tally.py --built EVENTS     ends with 1 if no target was built

reads the JSON build events that Bazel wrote, and the test.xml of every test they name. Prints a line
for each case that failed or was skipped, for each target that did not build and for each test whose results are
missing or cannot be read, then, as the last line, three numbers: passed, failed, skipped.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree


def path_of(uri):
    return urllib.parse.unquote(urllib.parse.urlparse(uri).path)


def read_events(path):
    """The last result of each test and shard, and the labels that were not built."""
    results, broken = {}, []
    with open(path, encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            result = event["id"].get("testResult")
            completed = event["id"].get("targetCompleted")
            if result:
                results[result["label"], result.get("run"), result.get("shard")] = event["testResult"]
            elif completed and not is_built(event):
                broken.append(completed["label"])
    return results, sorted(set(broken))


def is_built(event):
    """Also what cannot be built for this platform by its own word, which Bazel calls skipped."""
    if event.get("aborted", {}).get("reason") == "SKIPPED":
        return True
    return event.get("completed", {}).get("success", False)


def cases(result):
    """The name, state and reason of every test case of one result."""
    for output in result.get("testActionOutput", ()):
        if output["name"] == "test.xml":
            try:
                root = xml.etree.ElementTree.parse(path_of(output["uri"])).getroot()
            except (OSError, xml.etree.ElementTree.ParseError) as error:
                yield "test.xml", "failed", "cannot be read: %s" % error
                continue
            for case in root.iter("testcase"):
                yield (name_of(case),) + state_of(case)


def name_of(case):
    return ".".join(filter(None, (case.get("classname"), case.get("name"))))


def state_of(case):
    for tag, state in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        element = case.find(tag)
        if element is not None:
            return state, first_line(element.get("message") or element.text or "")
    if case.get("status") == "notrun":
        return "skipped", "disabled"
    return "passed", ""


def first_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # GoogleTest's first line is where the message comes from.
    if len(lines) > 1 and lines[0].rpartition(":")[2].isdigit():
        lines = lines[1:]
    return lines[0] if lines else ""


def is_any_built(path):
    with open(path, encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    return any(event.get("completed", {}).get("success", False) for event in events)


def main(arguments):
    if arguments[1] == "--built":
        sys.exit(0 if is_any_built(arguments[2]) else "no target was built for this platform")
    results, broken = read_events(arguments[1])
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for label in broken:
        print("failed: %s was not built" % label)
        count["failed"] += 1
    for (label, _, _), result in sorted(results.items(), key=lambda item: item[0][0]):
        failed, told = count["failed"], sum(count.values())
        for name, state, reason in cases(result):
            count[state] += 1
            if state != "passed":
                print("%s: %s %s%s" % (state, label, name, ": " + reason if reason else ""))
        # A test that ended badly has failed, whatever it had written until then.
        if result["status"] not in ("PASSED", "NO_STATUS") and count["failed"] == failed:
            print("failed: %s ended with %s" % (label, result["status"]))
            count["failed"] += 1
        # So has one that says nothing about any case.
        elif sum(count.values()) == told:
            print("failed: %s left no results" % label)
            count["failed"] += 1
    print(count["passed"], count["failed"], count["skipped"])


if __name__ == "__main__":
    main(sys.argv)
