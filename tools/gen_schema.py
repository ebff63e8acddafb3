#!/usr/bin/env python3
"""Compiles Active Directory's schema files to C tables.

usage: gen_schema.py ATTRIBUTES.ldf CLASSES.ldf IDS.h DATA.c

The input is the pair of LDIF files that samba-ad-provision installs. IDS.h receives the enum of ids,
DATA.c the tables that src/directory/schema.c searches. Ids are ATTRTYPs ([MS-DRSR] 5.14, 5.16.4): the
index of the OID's prefix in a table that never changes, and the last arc. They are what records store, so
a newer schema file adds ids and changes none.
"""

import base64
import re
import sys

# [MS-DRSR] 5.135 (NewPrefixTable), then our own from 0x100 on: append only, never renumber.
PREFIXES = {
    '2.5.4': 0, '2.5.6': 1, '1.2.840.113556.1.2': 2, '1.2.840.113556.1.3': 3,
    '2.16.840.1.101.2.2.1': 4, '2.16.840.1.101.2.2.3': 5, '2.16.840.1.101.2.1.5': 6,
    '2.16.840.1.101.2.1.4': 7, '2.5.5': 8, '1.2.840.113556.1.4': 9, '1.2.840.113556.1.5': 10,
    '1.2.840.113556.1.4.260': 11, '1.2.840.113556.1.5.56': 12, '1.2.840.113556.1.4.262': 13,
    '1.2.840.113556.1.5.57': 14, '1.2.840.113556.1.4.263': 15, '1.2.840.113556.1.5.58': 16,
    '1.2.840.113556.1.5.73': 17, '1.2.840.113556.1.4.305': 18, '0.9.2342.19200300.100': 19,
    '2.16.840.1.113730.3': 20, '0.9.2342.19200300.100.1': 21, '2.16.840.1.113730.3.1': 22,
    '1.2.840.113556.1.5.7000': 23, '2.5.21': 24, '2.5.18': 25, '2.5.20': 26,
    '1.3.6.1.4.1.1466.101.119': 27, '2.16.840.1.113730.3.2': 28, '1.3.6.1.4.1.250.1': 29,
    '1.2.840.113549.1.9': 30, '0.9.2342.19200300.100.4': 31, '1.2.840.113556.1.6.23': 32,
    '1.2.840.113556.1.6.18.1': 33, '1.2.840.113556.1.6.18.2': 34, '1.2.840.113556.1.6.13.3': 35,
    '1.2.840.113556.1.6.13.4': 36, '1.3.6.1.1.1.1': 37, '1.3.6.1.1.1.2': 38,
}

# attributeSyntax, oMSyntax, oMObjectClass (hexadecimal) -> enum schema_syntax
SYNTAXES = {
    ('2.5.5.8', 1, ''): 'BOOLEAN',
    ('2.5.5.9', 10, ''): 'ENUMERATION',
    ('2.5.5.9', 2, ''): 'INTEGER',
    ('2.5.5.16', 65, ''): 'LARGE_INTEGER',
    ('2.5.5.14', 127, '2b0c0287731c00853e'): 'ACCESS_POINT',
    ('2.5.5.14', 127, '2a864886f7140101010c'): 'DN_STRING',
    ('2.5.5.7', 127, '56060102050b1d'): 'OR_NAME',
    ('2.5.5.7', 127, '2a864886f7140101010b'): 'DN_BINARY',
    ('2.5.5.1', 127, '2b0c0287731c00854a'): 'DN',
    ('2.5.5.13', 127, '2b0c0287731c00855c'): 'PRESENTATION_ADDRESS',
    ('2.5.5.10', 127, '2a864886f71401010106'): 'REPLICA_LINK',
    ('2.5.5.3', 27, ''): 'CASE',
    ('2.5.5.5', 22, ''): 'IA5',
    ('2.5.5.15', 66, ''): 'NT_SEC_DESC',
    ('2.5.5.6', 18, ''): 'NUMERIC',
    ('2.5.5.2', 6, ''): 'OID',
    ('2.5.5.10', 4, ''): 'OCTET',
    ('2.5.5.5', 19, ''): 'PRINTABLE',
    ('2.5.5.17', 4, ''): 'SID',
    ('2.5.5.4', 20, ''): 'TELETEX',
    ('2.5.5.12', 64, ''): 'UNICODE',
    ('2.5.5.11', 23, ''): 'UTC_TIME',
    ('2.5.5.11', 24, ''): 'GENERALIZED_TIME',
}

# Never returned to anybody ([MS-ADTS] 3.1.1.4.4).
SECRET = {
    'currentValue', 'dBCSPwd', 'initialAuthIncoming', 'initialAuthOutgoing', 'lmPwdHistory',
    'ntPwdHistory', 'priorValue', 'supplementalCredentials', 'trustAuthIncoming',
    'trustAuthOutgoing', 'unicodePwd', 'msDS-ManagedPassword',
}

# Looked up by value by the services though the schema does not ask for an index.
EXTRA_INDEX = {'securityIdentifier', 'nCName', 'dNSHostName', 'rightsGuid', 'msDS-IntId'}
NO_INDEX_SYNTAX = {'NT_SEC_DESC', 'REPLICA_LINK', 'PRESENTATION_ADDRESS'}

LIST_ATTRS = ('mustContain', 'mayContain', 'systemMustContain', 'systemMayContain', 'auxiliaryClass',
              'systemAuxiliaryClass', 'possSuperiors', 'systemPossSuperiors')


def parse_ldif(path):
    """Entries as {lower-case attribute: [str or bytes]}; folded lines joined, comments dropped."""
    with open(path, encoding='cp1252') as f:
        lines = f.read().replace('\r\n', '\n').split('\n')
    joined = []
    for line in lines:
        if line.startswith(' ') and joined and joined[-1]:
            joined[-1] += line[1:]
        else:
            joined.append(line)
    entry, entries = {}, []
    for line in joined + ['']:
        if not line.strip():
            if 'dn' in entry:
                entries.append(entry)
            entry = {}
        elif not line.startswith('#'):
            name, _, value = line.partition(':')
            if value.startswith(':'):
                value = base64.b64decode(value[1:].strip())
            else:
                value = value.strip()
            entry.setdefault(name.lower(), []).append(value)
    return entries


def one(entry, name, default=None):
    return entry.get(name.lower(), [default])[0]


def attrtyp(oid):
    prefix, _, last = oid.rpartition('.')
    number = int(last)
    if number >= 16384:
        raise SystemExit('last arc of %s needs a longer prefix' % oid)
    if prefix not in PREFIXES:
        raise SystemExit('no index for the prefix of %s: append one to PREFIXES' % oid)
    return PREFIXES[prefix] << 16 | number


def fnv1a(data):
    h = 2166136261
    for byte in data:
        h = (h ^ byte) * 16777619 & 0xffffffff
    return h


def c_name(name):
    return re.sub('[^A-Za-z0-9]', '_', name)


C_ESCAPES = {c: '\\%03o' % c for c in list(range(32)) + list(range(127, 256)) + [34, 92]}


def c_string(text):
    if text is None:
        return 'NULL'
    raw = text if isinstance(text, bytes) else text.encode('utf-8')
    return '"%s"' % raw.decode('latin-1').translate(C_ESCAPES)


def c_bytes(data):
    return '{{%s}}' % ', '.join('0x%02x' % b for b in data)


def true(entry, name):
    return one(entry, name, 'FALSE').upper() == 'TRUE'


class Attr:
    def __init__(self, entry):
        self.name = one(entry, 'lDAPDisplayName')
        self.cn = one(entry, 'cn')
        self.oid = one(entry, 'attributeID')
        self.id = attrtyp(self.oid)
        omclass = one(entry, 'oMObjectClass', b'').hex()
        self.om_syntax = int(one(entry, 'oMSyntax'))
        self.syntax = SYNTAXES[one(entry, 'attributeSyntax'), self.om_syntax, omclass]
        self.link_id = int(one(entry, 'linkID', 0))
        self.search_flags = int(one(entry, 'searchFlags', 0))
        self.system_flags = int(one(entry, 'systemFlags', 0))
        self.schema_flags = int(one(entry, 'schemaFlagsEx', 0))
        self.map_id = int(one(entry, 'mAPIID', 0))
        self.lower = one(entry, 'rangeLower')
        self.upper = one(entry, 'rangeUpper')
        if self.upper == '-1':  # written as an unsigned 32-bit number
            self.upper = '4294967295'
        self.guid = one(entry, 'schemaIDGUID')
        self.property_set = one(entry, 'attributeSecurityGUID', bytes(16))
        self.admin_name = one(entry, 'adminDisplayName')
        self.description = one(entry, 'adminDescription')
        self.partner = 0
        self.flags = [flag for flag, on in (
            ('SINGLE', true(entry, 'isSingleValued')),
            ('INDEXED', self.indexed()),
            ('CONFIDENTIAL', self.search_flags & 0x80),
            ('CONSTRUCTED', self.system_flags & 4),
            ('GC', true(entry, 'isMemberOfPartialAttributeSet') or self.system_flags & 2),
            ('SYSTEM_ONLY', true(entry, 'systemOnly')),
            ('DEFUNCT', true(entry, 'isDefunct')),
            ('NOT_REPLICATED', self.system_flags & 1),
            ('OPERATIONAL', self.system_flags & 8),
            ('SECRET', self.name in SECRET),
            ('LINK', self.link_id and not self.link_id & 1),
            ('BACKLINK', self.link_id & 1),
            ('HAS_LOWER', self.lower is not None),
            ('HAS_UPPER', self.upper is not None),
            ('ADVANCED_VIEW', true(entry, 'showInAdvancedViewOnly')),
        ) if on]

    def indexed(self):
        if self.name in SECRET or self.link_id or self.system_flags & 4 or self.syntax in NO_INDEX_SYNTAX:
            return False
        return bool(self.search_flags & 1) or self.name in EXTRA_INDEX


class Class:
    def __init__(self, entry):
        self.name = one(entry, 'lDAPDisplayName')
        self.cn = one(entry, 'cn')
        self.oid = one(entry, 'governsID')
        self.id = attrtyp(self.oid)
        self.category = int(one(entry, 'objectClassCategory'))
        self.super_name = one(entry, 'subClassOf')
        self.rdn_name = one(entry, 'rDNAttID')
        self.guid = one(entry, 'schemaIDGUID')
        self.sd = one(entry, 'defaultSecurityDescriptor')
        self.category_cn = one(entry, 'defaultObjectCategory').split(',')[0].partition('=')[2]
        self.system_flags = int(one(entry, 'systemFlags', 0))
        self.schema_flags = int(one(entry, 'schemaFlagsEx', 0))
        self.admin_name = one(entry, 'adminDisplayName')
        self.description = one(entry, 'adminDescription')
        self.flags = [flag for flag, on in (
            ('SYSTEM_ONLY', true(entry, 'systemOnly')),
            ('DEFAULT_HIDING', true(entry, 'defaultHidingValue')),
            ('ADVANCED_VIEW', true(entry, 'showInAdvancedViewOnly')),
            ('DEFUNCT', true(entry, 'isDefunct')),
        ) if on]
        self.lists = {n: entry.get(n.lower(), []) for n in LIST_ATTRS}


class Schema:
    """Resolves names to ids and computes what a class inherits ([MS-ADTS] 3.1.1.4.2)."""

    def __init__(self, attrs, classes):
        self.attrs = sorted(attrs, key=lambda a: a.id)
        self.classes = sorted(classes, key=lambda c: c.id)
        self.attr = {a.name.lower(): a for a in attrs}
        self.cls = {c.name.lower(): c for c in classes}
        self.by_oid = {x.oid: x for x in attrs + classes}
        self.by_cn = {c.cn.lower(): c for c in classes}
        ids = [x.id for x in attrs + classes]
        if len(set(ids)) != len(ids):
            raise SystemExit('two schema objects share an id')
        self.link_partners()
        for c in self.classes:
            self.effective(c)
        self.superiors()

    def get(self, table, name):
        return table.get(name.lower()) or self.by_oid[name]

    def link_partners(self):
        by_link = {a.link_id: a for a in self.attrs if a.link_id}
        for a in by_link.values():
            partner = by_link.get(a.link_id ^ 1)
            a.partner = partner.id if partner else 0

    def chain(self, c):
        """From top down to the class itself."""
        if c.name == 'top':
            return [c]
        return self.chain(self.get(self.cls, c.super_name)) + [c]

    def direct_aux(self, c):
        return [self.get(self.cls, n) for n in c.lists['systemAuxiliaryClass'] + c.lists['auxiliaryClass']]

    def all_aux(self, c):
        found, todo = [], list(self.chain(c))
        while todo:
            for x in self.direct_aux(todo.pop(0)):
                if x not in found:
                    found.append(x)
                    todo += self.chain(x)
        return found

    def effective(self, c):
        c.chain = self.chain(c)
        c.aux = self.all_aux(c)
        parts = c.chain + [p for x in c.aux for p in self.chain(x)]
        must = {self.get(self.attr, n).id for p in parts
                for n in p.lists['mustContain'] + p.lists['systemMustContain']}
        may = {self.get(self.attr, n).id for p in parts
               for n in p.lists['mayContain'] + p.lists['systemMayContain']}
        c.all_must, c.all_may = sorted(must), sorted(may - must)

    def superiors(self):
        def named(c):
            return {self.get(self.cls, n) for p in c.chain
                    for n in p.lists['systemPossSuperiors'] + p.lists['possSuperiors']}
        for c in self.classes:
            direct = named(c)
            c.all_superiors = {s for s in self.classes if direct & set(s.chain)}
        for c in self.classes:
            c.inferiors = sorted(o.id for o in self.classes
                                 if c in o.all_superiors and 'SYSTEM_ONLY' not in o.flags
                                 and o.category not in (2, 3))


class Pool:
    """Lists of ids, each distinct one emitted once."""

    def __init__(self):
        self.lists = {(): 'NULL'}
        self.text = []

    def add(self, ids):
        ids = tuple(ids)
        if ids not in self.lists:
            name = 'list_%d' % len(self.lists)
            self.lists[ids] = name
            self.text.append('static const uint32_t %s[] = {%s};'
                             % (name, ', '.join('0x%x' % i for i in ids)))
        return '{%s, %d}' % (self.lists[ids], len(ids))


def hash_table(name, items):
    """Open addressing, linear probing, at most half full; a slot holds index + 1."""
    size = 1
    while size < 2 * len(items):
        size *= 2
    slots = [0] * size
    for key, index in items:
        at = key & (size - 1)
        while slots[at]:
            at = (at + 1) & (size - 1)
        slots[at] = index + 1
    rows = [', '.join(str(s) for s in slots[i:i + 24]) for i in range(0, size, 24)]
    return 'const uint16_t %s_slots[%d] = {\n%s};\nconst uint32_t %s_mask = %d;\n' % (
        name, size, ',\n'.join(rows), name, size - 1)


def write_ids(schema, path):
    def rows(prefix, items):
        return '\n'.join('    %s_%s = 0x%08x,' % (prefix, c_name(x.name), x.id) for x in items)
    with open(path, 'w', encoding='ascii') as f:
        f.write('/* Generated by tools/gen_schema.py. Ids are ATTRTYPs ([MS-DRSR] 5.14). */\n'
                '#ifndef DIRECTORY_SCHEMA_IDS_H\n#define DIRECTORY_SCHEMA_IDS_H\n\n'
                'enum schema_attr_id {\n%s\n};\n\nenum schema_class_id {\n%s\n};\n\n#endif\n'
                % (rows('ATTR', schema.attrs), rows('CLASS', schema.classes)))


def flags_text(prefix, flags):
    return ' | '.join(prefix + f for f in flags) or '0'


def attr_row(index, a):
    for text, room in (a.name, 56), (a.cn, 64), (a.oid, 96):
        if len(text) >= room:
            raise ValueError('%s is longer than its place in struct schema_attr' % text)
    return ('    {.id = 0x%08x, .index = %d, .name = %s, .cn = %s, .oid = %s,\n'
            '     .syntax = SYNTAX_%s, .flags = %s, .om_syntax = %d,\n'
            '     .link_id = %d, .partner = 0x%x, .search_flags = %d, .system_flags = (uint32_t)%d,'
            ' .schema_flags = %d, .map_id = %d,\n     .range_lower = %s, .range_upper = %s,\n'
            '     .guid = %s, .property_set = %s},\n') % (
        a.id, index, c_string(a.name), c_string(a.cn), c_string(a.oid), a.syntax,
        flags_text('SCHEMA_', a.flags), a.om_syntax, a.link_id,
        a.partner, a.search_flags, a.system_flags, a.schema_flags, a.map_id, a.lower or 0, a.upper or 0,
        c_bytes(a.guid), c_bytes(a.property_set))


def class_row(schema, index, c, pool):
    def attr_ids(name):
        return pool.add(schema.get(schema.attr, n).id for n in c.lists[name])

    def class_ids(name):
        return pool.add(schema.get(schema.cls, n).id for n in c.lists[name])
    fields = [
        ('id', '0x%08x' % c.id), ('index', '%d' % index), ('name', c_string(c.name)), ('cn', c_string(c.cn)),
        ('oid', c_string(c.oid)), ('admin_name', c_string(c.admin_name)),
        ('description', c_string(c.description)), ('category', str(c.category)),
        ('flags', flags_text('SCHEMA_', c.flags)), ('system_flags', '(uint32_t)%d' % c.system_flags),
        ('schema_flags', '%d' % c.schema_flags),
        ('super', '0x%x' % schema.get(schema.cls, c.super_name).id),
        ('rdn_attr', '0x%x' % schema.get(schema.attr, c.rdn_name).id),
        ('default_category', '0x%x' % schema.by_cn[c.category_cn.lower()].id),
        ('guid', c_bytes(c.guid)), ('default_sd', c_string(c.sd)),
        ('must', attr_ids('mustContain')), ('may', attr_ids('mayContain')),
        ('system_must', attr_ids('systemMustContain')), ('system_may', attr_ids('systemMayContain')),
        ('aux', class_ids('auxiliaryClass')), ('system_aux', class_ids('systemAuxiliaryClass')),
        ('superiors', class_ids('possSuperiors')), ('system_superiors', class_ids('systemPossSuperiors')),
        ('chain', pool.add(x.id for x in c.chain)), ('all_aux', pool.add(sorted(x.id for x in c.aux))),
        ('all_must', pool.add(c.all_must)), ('all_may', pool.add(c.all_may)),
        ('all_superiors', pool.add(sorted(x.id for x in c.all_superiors))),
        ('inferiors', pool.add(c.inferiors)),
    ]
    return '    {%s},\n' % ',\n     '.join('.%s = %s' % f for f in fields)


def write_data(schema, path):
    pool = Pool()
    attrs, classes = schema.attrs, schema.classes
    class_rows = ''.join(class_row(schema, i, c, pool) for i, c in enumerate(classes))

    def names(items):
        return [(fnv1a(x.name.lower().encode('ascii')), i) for i, x in enumerate(items)]

    def ids(items):
        return [(x.id * 0x9E3779B1 >> 8 & 0xffffff, i) for i, x in enumerate(items)]

    def guids(items):
        return [(int.from_bytes(x.guid[:4], 'little'), i) for i, x in enumerate(items)]

    allowed = []
    for c in classes:
        bits = bytearray((len(attrs) + 7) // 8)
        wanted = set(c.all_must) | set(c.all_may)
        for i, a in enumerate(attrs):
            if a.id in wanted:
                bits[i >> 3] |= 1 << (i & 7)
        allowed.append('    {%s},\n' % ','.join(str(b) for b in bits))
    prefixes = sorted(PREFIXES.items(), key=lambda p: p[1])
    with open(path, 'w', encoding='ascii') as f:
        f.write('/* Generated by tools/gen_schema.py. */\n#include "directory/schema_tables.h"\n\n')
        f.write('\n'.join(pool.text) + '\n\n')
        f.write('const unsigned schema_attr_total = %d;\nconst unsigned schema_class_total = %d;\n'
                % (len(attrs), len(classes)))
        f.write('const struct schema_attr schema_attrs[] = {\n%s};\n' % ''.join(attr_row(*a) for a in enumerate(attrs)))
        f.write('const struct schema_attr_texts schema_attrs_texts[] = {\n%s};\n'
                % ''.join('    {%s, %s},\n' % (c_string(a.admin_name), c_string(a.description)) for a in attrs))
        f.write('const struct schema_class schema_classes[] = {\n%s};\n' % class_rows)
        f.write('const uint8_t schema_allowed[][SCHEMA_ALLOWED_BYTES] = {\n%s};\n' % ''.join(allowed))
        f.write('const struct schema_prefix schema_prefixes[] = {\n%s};\n'
                % ''.join('    {"%s.", %d},\n' % p for p in prefixes))
        f.write('const unsigned schema_prefix_total = %d;\n' % len(prefixes))
        for kind, items in (('attr', attrs), ('class', classes)):
            f.write(hash_table('schema_%s_by_name' % kind, names(items)))
            f.write(hash_table('schema_%s_by_id' % kind, ids(items)))
            f.write(hash_table('schema_%s_by_guid' % kind, guids(items)))


def main():
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    attrs = [Attr(e) for e in parse_ldif(sys.argv[1])]
    classes = [Class(e) for e in parse_ldif(sys.argv[2])]
    schema = Schema(attrs, classes)
    write_ids(schema, sys.argv[3])
    write_data(schema, sys.argv[4])


if __name__ == '__main__':
    main()
