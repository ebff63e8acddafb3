"""Runs inside a client's network namespace: loads LDIF into an LDAP server, makes changes and asks queries, and prints
what came as JSON. Arguments come as JSON on standard input."""

import base64
import io
import json
import sys

import ldap
import ldif
from ldap.controls import RequestControl


def controls(wanted):
    return [RequestControl(oid, True, base64.b64decode(value) if value else None) for oid, value in wanted]


def connect(job):
    client = ldap.initialize(job["url"])
    client.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_NEVER)
    client.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    client.set_option(ldap.OPT_REFERRALS, 0)
    client.set_option(ldap.OPT_TIMEOUT, 30)
    client.simple_bind_s(job["who"], job["password"])
    return client


def outcome(call):
    """0, or the number of the LDAP result."""
    try:
        call()
        return 0
    except ldap.LDAPError as e:
        return e.args[0].get("result", -1)


def change(client, op):
    kind, dn, value = op
    if kind == "add":
        return lambda: client.add_s(dn, [(k, [x.encode() for x in v]) for k, v in value])
    if kind == "modify":
        return lambda: client.modify_s(dn, [(m, a, [x.encode() for x in v] if v else None) for m, a, v in value])
    if kind == "rename":
        return lambda: client.rename_s(dn, value[0], value[1])
    if kind == "compare":
        return lambda: (client.compare_s(dn, value[0], value[1].encode()) or sys.stdout.flush())
    return lambda: client.delete_s(dn)


def ask(client, query):
    """[result, entries, references]; a result other than success may come after entries."""
    base, scope, filterstr, attributes, wanted = query
    entries, references, code = [], [], 0
    try:
        number = client.search_ext(base, scope, filterstr, attributes, serverctrls=controls(wanted))
        while True:
            kind, found = client.result(number, all=0)
            for dn, entry in found:
                if dn is None:
                    references += entry
                else:
                    entries.append([dn, {k: [base64.b64encode(v).decode() for v in values]
                                         for k, values in entry.items()}])
            if kind == ldap.RES_SEARCH_RESULT:
                break
    except ldap.LDAPError as e:
        code = e.args[0].get("result", -1)
    return [code, entries, references]


def main():
    job = json.load(sys.stdin)
    client = connect(job)
    for dn, entry in records(job["ldif"]):
        client.add_s(dn, list(entry.items()))
    answers = {"changes": [outcome(change(client, op)) for op in job["changes"]],
               "queries": [ask(client, q) for q in job["queries"]]}
    json.dump(answers, sys.stdout)


def records(text):
    parser = ldif.LDIFRecordList(io.BytesIO(text.encode()))
    parser.parse()
    return parser.all_records


if __name__ == "__main__":
    main()
