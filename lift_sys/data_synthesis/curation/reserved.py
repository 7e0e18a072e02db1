"""What examples are made of: domains, names and numbers that documentation and tests use and that belong to nobody.

Domains: RFC 2606 and 6761, and words that stand for "some domain". Numbers: the test accounts of card networks and
payment services, the examples of the IBAN registry, and the void numbers of the Social Security Administration.
"""

from __future__ import annotations

MAIL_DOMAINS = frozenset(
    """com org net edu gov mil int info biz io dev app ai me co eu name pro tech online site xyz cloud us uk de
    fr nl be at ch it es pt pl cz sk hu ro bg gr se no dk fi is ie ru ua by lt lv ee tr il in cn jp kr tw hk
    sg my th vn id ph au nz ca mx br ar cl pe za ng ke eg ma ir pk bd lk tv cc ws fm""".split()  # noqa: SIM905
)
"""Top-level domains that people have mail under; `.py`, `.md` and the like are files far more often."""

EXAMPLE_HOSTS = frozenset(
    """domain foo bar baz qux spam eggs ham host hostname server mail email e-mail site website company corp acme
    somewhere anywhere nowhere this that sample demo fake dummy dom abc xyz address provider org place
    internet aaa bbb ccc""".split()  # noqa: SIM905
)
"""Second-level names that mean no particular domain, with or without digits behind them."""

EXAMPLE_USERS = frozenset(
    """user username name me you someone somebody nobody anybody foo bar baz spam eggs test tester testing
    example sample demo admin root info mail email e-mail support contact hello help sales office security
    webmaster postmaster hostmaster abuse noreply no-reply donotreply do-not-reply git hg svn ssh alice bob
    joe jane john eve mallory carol dave fred guido john.doe johndoe john_doe jane.doe janedoe jane_doe jdoe
    john.smith joe.bloggs john.q.public first.last firstname.lastname first.name firstname lastname local
    local-part localpart abc xyz dev devel developer developers team list announce users distutils-sig patches
    bug bugs press legal privacy doe smith""".split()  # noqa: SIM905
)
"""Mailboxes of roles and of nobody in particular, with or without digits behind them."""

IBAN_LENGTHS = {
    pair[:2]: int(pair[3:])
    for pair in """AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 CH:21 CR:22 CY:28 CZ:24 DE:22 DK:18
    DO:28 EE:20 EG:29 ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23 IS:26
    IT:27 JO:30 KW:30 KZ:20 LB:28 LI:21 LT:20 LU:20 LV:21 MC:27 MD:24 ME:22 MK:19 MR:27 MT:31 MU:30 NL:18
    NO:15 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 SA:24 SE:24 SI:19 SK:24 SM:27 TN:24 TR:26 UA:29 VG:24
    XK:20""".split()  # noqa: SIM905
}
"""Length of an IBAN by country (ISO 13616 registry)."""

PUBLISHED_NUMBERS = frozenset(
    """4111111111111111 4012888888881881 4222222222222 4242424242424242 4000056655665556 4000000000000002
    4000000000000077 4917610000000000 5555555555554444 5105105105105100 5200828282828210 5454545454545454
    2223003122003222 2222405343248877 378282246310005 371449635398431 378734493671000 6011111111111117
    6011000990139424 30569309025904 38520000023237 3056930009020004 36227206271667 3530111333300000
    3566002020360505 6200000000000005 GB82WEST12345698765432 GB33BUKB20201555555555 GB29NWBK60161331926819
    GB94BARC10201530093459 DE89370400440532013000 DE91100000000123456789 FR1420041010050500013M02606
    FR7630006000011234567890189 NL91ABNA0417164300 BE68539007547034 BE71096123456769 CH9300762011623852957
    ES9121000418450200051332 IT60X0542811101000000123456 AT611904300234573201 SE4550000000058398257466
    NO9386011117947 DK5000400440116243 FI2112345600000785 PL61109010140000071219812874
    PT50000201231234567890154 IE29AIBK93115212345678 LU280019400644750000 CZ6508000000192000145399
    GR1601101250000000012300695 078051120 219099999 123456789 987654321 457555462 RSSMRA85T10A562S
    RSSMRA80A01H501U 12345678Z X1234567L 00000000T QQ123456C AB123456C""".split()  # noqa: SIM905
)
