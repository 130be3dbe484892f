#!/usr/bin/env python3
"""Fills the English plural forms of resources/translations/mien_en.ts: "(s)" is nothing for one and s for many.
What is filled already stays: some verbs were put right by hand.

Run after lupdate:
    lupdate -pluralonly -no-obsolete -locations none -source-language en -target-language en studio \
        -ts resources/translations/mien_en.ts && resources/translations/fill_plurals.py
"""
import pathlib
import re
import xml.etree.ElementTree as tree

path = pathlib.Path(__file__).resolve().parent / "mien_en.ts"
verbs = {"are": "is", "were": "was", "have": "has", "become": "becomes"}
document = tree.parse(path)
for name in document.iter("name"):
    # lupdate drops the namespace; at run time the context is the class's full name.
    if not name.text.startswith("mien::"):
        name.text = "mien::" + name.text
for message in document.iter("message"):
    source = message.findtext("source")
    translation = message.find("translation")
    translation.attrib.pop("type", None)
    forms = translation.findall("numerusform")
    if len(forms) == 2 and not forms[0].text:
        forms[0].text = re.sub(r"(n(?: \w+\(s\))?) (are|were|have|become)\b",
                               lambda found: found[1] + " " + verbs[found[2]], source).replace("(s)", "").replace("(es)", "")
        forms[1].text = source.replace("(s)", "s").replace("(es)", "es")
path.write_text('<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n' + tree.tostring(document.getroot(), encoding="unicode") + "\n")
