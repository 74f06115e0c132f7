"""The languages subtitle names are told by: ISO 639 codes, English names, some native ones.

On each line a language's ISO 639-2/T code, its ISO 639-1 code, its ISO 639-2/B code where that
differs, and names with underscores for spaces; a second line adds names. Codes and English names
are those of https://www.loc.gov/standards/iso639-2/; every two-letter language is here, and the
three-letter ones that films are subtitled in.
"""

import msgspec

_TABLE = """
aar aa - afar
abk ab - abkhazian
afr af - afrikaans
aka ak - akan
amh am - amharic
ara ar - arabic|العربية
arg an - aragonese
asm as - assamese
ast - - asturian|bable
ava av - avaric
ave ae - avestan
aym ay - aymara
aze az - azerbaijani|azərbaycan
bak ba - bashkir
bam bm - bambara
bel be - belarusian|беларуская
ben bn - bengali|বাংলা|bangla
bih bh - bihari
bis bi - bislama
bod bo tib tibetan
bos bs - bosnian|bosanski
bre br - breton
bul bg - bulgarian|български
cat ca - catalan|valencian|català
ceb - - cebuano
ces cs cze czech|čeština|cesky|česky
cha ch - chamorro
che ce - chechen
chr - - cherokee
chu cu - church_slavic|old_slavonic|church_slavonic
chv cv - chuvash
cor kw - cornish
cos co - corsican
cre cr - cree
cym cy wel welsh|cymraeg
dan da - danish|dansk
deu de ger german|deutsch
div dv - divehi|dhivehi|maldivian
dsb - - lower_sorbian
dzo dz - dzongkha
ell el gre greek|ελληνικά
eng en - english
epo eo - esperanto
est et - estonian|eesti
eus eu baq basque|euskara
ewe ee - ewe
fao fo - faroese
fas fa per persian|فارسی|farsi
fij fj - fijian
fil - - filipino|pilipino
fin fi - finnish|suomi
fra fr fre french|français|francais
fry fy - western_frisian
ful ff - fulah
gla gd - gaelic|scottish_gaelic
gle ga - irish|gaeilge
glg gl - galician|galego
glv gv - manx
grc - - -
grn gn - guarani
gsw - - swiss_german|alemannic|alsatian
guj gu - gujarati|ગુજરાતી
hat ht - haitian|haitian_creole
hau ha - hausa
haw - - hawaiian
heb he - hebrew|עברית
her hz - herero
hin hi - hindi|हिन्दी|हिंदी
hmo ho - hiri_motu
hrv hr - croatian|hrvatski
hsb - - upper_sorbian
hun hu - hungarian|magyar
hye hy arm armenian|հայերեն
ibo ig - igbo
ido io - ido
iii ii - sichuan_yi|nuosu
iku iu - inuktitut
ile ie - interlingue|occidental
ina ia - interlingua
ind id - indonesian|bahasa_indonesia|indonesia
ipk ik - inupiaq
isl is ice icelandic|íslenska
ita it - italian|italiano
jav jv - javanese
jpn ja - japanese|日本語
kab - - kabyle
kal kl - kalaallisut|greenlandic
kan kn - kannada|ಕನ್ನಡ
kas ks - kashmiri
kat ka geo georgian|ქართული
kau kr - kanuri
kaz kk - kazakh|қазақша
khm km - central_khmer|khmer
kik ki - kikuyu|gikuyu
kin rw - kinyarwanda
kir ky - kirghiz|kyrgyz
kom kv - komi
kon kg - kongo
kor ko - korean|한국어
kua kj - kuanyama|kwanyama
kur ku - kurdish
lao lo - lao|ລາວ
lat la - latin
lav lv - latvian|latviešu
lim li - limburgan|limburger|limburgish
lin ln - lingala
lit lt - lithuanian|lietuvių
ltz lb - luxembourgish|letzeburgesch
lub lu - luba-katanga
lug lg - ganda
mah mh - marshallese
mal ml - malayalam|മലയാളം
mar mr - marathi|मराठी
mkd mk mac macedonian|македонски
mlg mg - malagasy
mlt mt - maltese
mni - - manipuri
mon mn - mongolian|монгол
mri mi mao maori
msa ms may malay|bahasa_melayu|melayu
mya my bur burmese|မြန်မာ
nau na - nauru
nav nv - navajo|navaho
nbl nr - ndebele|south_ndebele
nde nd - ndebele|north_ndebele
ndo ng - ndonga
nds - - low_german|low_saxon
nep ne - nepali
nld nl dut dutch|flemish|nederlands|vlaams
nno nn - norwegian_nynorsk|nynorsk
nob nb - norwegian_bokmål|bokmål
nor no - norwegian|norsk
nya ny - chichewa|chewa|nyanja
oci oc - occitan|provençal
oji oj - ojibwa
ori or - oriya
orm om - oromo
oss os - ossetian|ossetic
pan pa - panjabi|punjabi|ਪੰਜਾਬੀ
pli pi - pali
pol pl - polish|polski
por pt - portuguese|português|portugues|brazilian|brazilian_portuguese
pus ps - pushto|pashto
que qu - quechua
roh rm - romansh
ron ro rum romanian|moldavian|moldovan|română|romana
run rn - rundi
rus ru - russian|русский
sag sg - sango
san sa - sanskrit
sat - - santali
scn - - sicilian
sco - - scots
sin si - sinhala|sinhalese
slk sk slo slovak|slovenčina
slv sl - slovenian|slovenščina
sme se - northern_sami
smo sm - samoan
sna sn - shona
snd sd - sindhi
som so - somali
sot st - sotho
spa es - spanish|castilian|español|espanol|castellano|latin_american_spanish|european_spanish
sqi sq alb albanian|shqip
srd sc - sardinian
srp sr - serbian|srpski|српски
ssw ss - swati
sun su - sundanese
swa sw - swahili
swe sv - swedish|svenska
syr - - syriac
tah ty - tahitian
tam ta - tamil|தமிழ்
tat tt - tatar
tel te - telugu|తెలుగు
tet - - tetum
tgk tg - tajik
tgl tl - tagalog
tha th - thai|ไทย
tir ti - tigrinya
ton to - tonga
tsn tn - tswana
tso ts - tsonga
tuk tk - turkmen
tur tr - turkish|türkçe|turkce
twi tw - twi
uig ug - uighur|uyghur
ukr uk - ukrainian|українська
urd ur - urdu|اردو
uzb uz - uzbek|oʻzbek
ven ve - venda
vie vi - vietnamese|tiếng_việt
vol vo - volapük
wln wa - walloon
wol wo - wolof
xho xh - xhosa
yid yi - yiddish
yor yo - yoruba
zha za - zhuang|chuang
zho zh chi chinese|中文|汉语|漢語|简体中文|繁體中文|mandarin|cantonese
zho - - simplified_chinese|traditional_chinese|chinese_simplified|chinese_traditional
zul zu - zulu
"""


class Language(msgspec.Struct, frozen=True):
    code: str
    """ISO 639-2/T."""
    two: str | None
    bibliographic: str | None
    names: tuple[str, ...]


def _read(table: str) -> tuple[Language, ...]:
    """A second line of a language only adds names."""
    found: dict[str, Language] = {}
    for line in table.strip().split("\n"):
        code, *others, words = line.split(" ")
        names = () if words == "-" else tuple(words.replace("_", " ").split("|"))
        if code in found:
            first = found[code]
            found[code] = msgspec.structs.replace(first, names=first.names + names)
        else:
            two, bibliographic = (None if other == "-" else other for other in others)
            found[code] = Language(code, two, bibliographic, names)
    return tuple(found.values())


LANGUAGES = _read(_TABLE)
