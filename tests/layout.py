"""What a page asks too much of: who enlarges it, who can't aim well, whom movement harms."""

ON_A_DESK = {"width": 1280, "height": 800}
NARROW = {"width": 320, "height": 640}  # 1280 pixels at 400 % are 320 (WCAG 1.4.10)
WIDE = """() => {
    const root = document.documentElement;
    const isPast = (each) => each.getBoundingClientRect().right > root.clientWidth + 1;
    if (root.scrollWidth <= root.clientWidth) return [];
    const past = [...document.body.querySelectorAll("*")].filter(isPast);
    return [`too wide (${root.scrollWidth})`, ...past.slice(0, 3)
        .map((each) => `too wide: ${each.outerHTML.slice(0, 120)}`)];
}"""
# Of 24 pixels at least (2.5.8), also where there is room around it. A link within a sentence may be
# smaller, and what is itself as the browser makes it.
SMALL = """() => {
    const inSentence = (each) => getComputedStyle(each).display === "inline"
        && [...each.parentElement.childNodes].some((node) => node !== each && node.data?.trim());
    const isShown = (each) => each.checkVisibility({ visibilityProperty: true })
        && !each.closest(".visually-hidden") && each.getBoundingClientRect().width > 1;
    const around = (each) => each.labels?.length && /checkbox|radio|file/.test(each.type)
        ? [each, ...each.labels] : [each];
    const extent = (each, side) => Math.max(...around(each).map((part) =>
        part.getBoundingClientRect()[side]));
    return [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
        .filter((each) => each.type !== "hidden" && isShown(each) && !inSentence(each))
        .filter((each) => Math.min(extent(each, "width"), extent(each, "height")) < 23.9)
        .map((each) => `small: ${each.outerHTML.slice(0, 120)} ${extent(each, "width")} ×`
            + ` ${extent(each, "height")}`);
}"""
# As readers may have it (1.4.12). What is cut on purpose says so by its dots.
SPACED = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important;"
        + " word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }");
    document.adoptedStyleSheets = [sheet];
    const isCut = (each) => {
        const style = getComputedStyle(each);
        if (!/hidden|clip/.test(style.overflowX + style.overflowY)) return false;
        if (style.textOverflow === "ellipsis" || each.clientWidth <= 1) return false;
        if (each.closest(".selector")) return false; // a widget of Django's admin
        return each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1;
    };
    const cut = [...document.body.querySelectorAll("*")].filter(isCut);
    const past = (PAST)();
    document.adoptedStyleSheets = [];
    return cut.map((each) => `cut when spaced: ${each.outerHTML.slice(0, 120)}`)
        .concat(past.map((words) => `${words} when spaced`));
}""".replace("PAST", WIDE)
MOVING = """() => [...document.querySelectorAll("*")].filter((each) => {
    const style = getComputedStyle(each);
    const moves = parseFloat(style.transitionDuration) > 0 && style.transitionProperty !== "none";
    return moves || style.animationName !== "none" || style.scrollBehavior === "smooth";
}).slice(0, 2).map((each) => `moves: ${each.outerHTML.slice(0, 120)}`)"""


def wrong(page, is_ours):
    """Sentences about what the page, on which there should be no movement, does not bear. Where
    it is Django's, it is asked no more than axe asks."""
    size = page.viewport_size
    said = [words for look in (SPACED, MOVING) for words in page.evaluate(look)]
    page.set_viewport_size(ON_A_DESK)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    said += [f"{words} in large letters" for words in page.evaluate(WIDE)]  # 1.4.4
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(NARROW)
    said += page.evaluate(WIDE) + (page.evaluate(SMALL) if is_ours else [])
    page.set_viewport_size(size)
    return said
