"""Somebody who has a keyboard and no mouse."""

from .waiting import wait_for

FOCUS = """() => {
    const focus = document.activeElement;
    if (!focus || focus === document.body) return null;
    const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const channels = (colour) => {
        paint.clearRect(0, 0, 1, 1);
        paint.fillStyle = colour;
        paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data];
    };
    const light = (colour) => channels(colour).slice(0, 3).map((each) => each / 255)
        .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
        .reduce((sum, each, place) => sum + each * [0.2126, 0.7152, 0.0722][place], 0);
    let under = focus.parentElement;
    while (under && channels(getComputedStyle(under).backgroundColor)[3] < 255) {
        under = under.parentElement;
    }
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(focus);
    const [dark, bright] = [outlineColor, getComputedStyle(under ?? document.body).backgroundColor]
        .map(light).sort((a, b) => a - b);
    const isThere = (x, y) => {
        const found = document.elementFromPoint(x, y);
        return Boolean(found) && (focus.contains(found) || found.contains(focus));
    };
    const boxes = [...focus.getClientRects()];
    const named = (focus.labels?.[0] ?? focus).cloneNode(true);
    for (const part of named.querySelectorAll("[aria-hidden=true]")) part.remove();
    const words = focus.getAttribute("aria-label") ?? named.textContent;
    return {
        name: words.replace(/\\s+/g, " ").trim(),
        html: focus.outerHTML.slice(0, 160),
        isRinged: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
        contrast: (bright + 0.05) / (dark + 0.05),
        isUncovered: boxes.some(({ left, right, top, bottom }) => {
            const y = Math.min(Math.max((top + bottom) / 2, 1), innerHeight - 1);
            return [y, top + 2, bottom - 2].some((each) => isThere((left + right) / 2, each));
        }),
    };
}"""


class Keyboard:
    """Each key that is pressed leaves the focus somewhere, where it can be seen."""

    def __init__(self, page):
        self.page = page

    def press(self, key, times=1):
        for _ in range(times):
            self.page.keyboard.press(key)
            self.look()

    def to(self, name, key="Tab", most=60):
        """Go on until something of this name has the focus."""
        passed = []
        for _ in range(most):
            self.page.keyboard.press(key)
            if not self.page.evaluate(FOCUS):
                continue  # past the end of the page, where the browser's own buttons are
            passed.append(self.look()["name"])
            if passed[-1] == name:
                return
        raise AssertionError(f"{key} does not lead to {name}, but to {passed}")

    def type(self, words):
        self.page.keyboard.type(words)

    def follow(self, key="Enter"):
        """Press what leads to another page, and wait for that."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def look(self):
        """Where the focus is. It is somewhere, has a ring, and nothing lies over it."""
        focus = wait_for(lambda: self.page.evaluate(FOCUS))
        assert focus["isRinged"], f"No ring: {focus['html']}"
        assert focus["contrast"] >= 3, f"A faint ring ({focus['contrast']:.1f}): {focus['html']}"
        if not focus["isUncovered"]:  # it is being scrolled to
            focus = wait_for(self._uncovered, why=f"what is over {focus['html']}")
        return focus

    def _uncovered(self):
        focus = self.page.evaluate(FOCUS)
        return focus if focus and focus["isUncovered"] else None

    def is_at(self, name):
        """Wait until something whose name begins so has the focus."""
        wait_for(lambda: (self.page.evaluate(FOCUS) or {"name": ""})["name"].startswith(name))
        self.look()
