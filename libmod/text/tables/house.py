"""What the fold view maps beyond Unicode's own data: a short list, each with its reason."""

# Scripts whose letters may become ASCII when they look like it. The others are living scripts whose
# look-alikes (Arabic alef, Hebrew vav) make words of their own too often.
LOOK_SCRIPTS = (
    "Latin Greek Cyrillic Armenian Cherokee Coptic Lisu Common Inherited Canadian_Aboriginal Deseret "
    "Gothic Old_Italic Carian Lycian Lydian Elbasan Osage Warang_Citi Glagolitic Tifinagh Runic"
).split()

# Marks of these scripts are ornament over a letter and go. Marks of the others (Indic vowels, Thai tones)
# are spelling: they stay behind a letter of their own script and go anywhere else.
STRIPPED_MARKS = (
    "Inherited Common Latin Greek Cyrillic Coptic Hebrew Arabic Syriac Samaritan Mandaic Hangul"
).split()

# Lower-case letters that look like ASCII and are not mapped by UTS #39, or not to the letter that
# people mean.
LETTERS = {
    "Cyrillic": ("вгкмнптьѡѵ", "brkmhntbwv"),
    "Greek": ("αβγεζηικμνοπρστυχωϲϳ", "abyeznikmvonpotuxwcj"),
    "Armenian": ("ագզյոռսցօհւլ", "wqqjnnugohil"),
    "small capitals": ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz"),
    "Latin": ("ɑɡıȷɩǀƅ", "agijilb"),
    "Canadian syllabics": ("ᗩᗷᑕᗪᗴᖴᕼᒍᒪᗰᑎᑭᖇᔕᑌᐯᗯ᙭ᘔ", "abcdefhjlmnprsuvwxz"),
    "micro": ("\u00b5", "u"),
}

# Punctuation that UTS #39 maps to what nobody would type, or not at all.
PUNCTUATION = {
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u02d7\u2043": "-",
    "\u3002\uff0e\uff61": ".",  # the dots of IDNA
    "\u201c\u201d\u201e\u201f\u2033\u2036\uff02": '"',
    "\u00b4\u02b9\u02bb\u02bc\u02bd": "'",
    "\u2223\u01c0\uffe8\u23d0": "|",
    "\u3010\u300c\u300e\u3014": "[",
    "\u3011\u300d\u300f\u3015": "]",
}

# Nothing to see: joins what stands around it.
INVISIBLE = "\ufff9\ufffa\ufffb\ufffc\U0001d159"
IOTA_BELOW = "\u0345"  # a mark that case folding makes a letter of
TATWEEL = "\u0640"  # lengthens an Arabic word without changing it
BLANK = "\u2800"  # Braille without dots: looks like a space

# Left whole: their decomposition begins with a mark and ends with a letter.
WHOLE = "\u0e33\u0eb3"


def pairs():
    """Every (character, what it becomes) of the lists above."""
    for look, ascii_ in LETTERS.values():
        assert len(look) == len(ascii_), (look, ascii_)
        yield from zip(look, ascii_)
    for characters, ascii_ in PUNCTUATION.items():
        for c in characters:
            yield c, ascii_
    for c in INVISIBLE + TATWEEL + IOTA_BELOW:
        yield c, ""
    yield BLANK, " "
    for first in (0x1F150, 0x1F170):  # white on black letters
        for i in range(26):
            yield chr(first + i), chr(ord("a") + i)
