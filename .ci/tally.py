"""Counts the test cases of one Bazel run.

    tally.py EVENTS

reads the JSON build events that Bazel wrote, and the test.xml of every test they name. Prints a line
for each case that failed or was skipped and for each target that did not build, then, as the
last line, three numbers: passed, failed, skipped.
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
            root = xml.etree.ElementTree.parse(path_of(output["uri"])).getroot()
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


def main(arguments):
    results, broken = read_events(arguments[1])
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for label in broken:
        print("failed: %s was not built" % label)
        count["failed"] += 1
    for (label, _, _), result in sorted(results.items(), key=lambda item: item[0][0]):
        failed = count["failed"]
        for name, state, reason in cases(result):
            count[state] += 1
            if state != "passed":
                print("%s: %s %s%s" % (state, label, name, ": " + reason if reason else ""))
        # A test that ended badly has failed, whatever it had written until then.
        if result["status"] not in ("PASSED", "NO_STATUS") and count["failed"] == failed:
            print("failed: %s ended with %s" % (label, result["status"]))
            count["failed"] += 1
    print(count["passed"], count["failed"], count["skipped"])


if __name__ == "__main__":
    main(sys.argv)
