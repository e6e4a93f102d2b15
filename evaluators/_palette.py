"""The colours of every chart and of the pictures in lessons; needs no Altair, so that anything may import it.

After Okabe and Ito (2008), whose colours stay apart for colour-blind readers, darkened where they were too
pale on white. Colour never says anything alone: dashes, shapes or words repeat it.
"""

BLUE, ORANGE, GREY, INK = "#0072B2", "#D55E00", "#707070", "#000000"
DARK_ORANGE = "#B34E00"  # for letters and thin lines, which need more contrast than marks do
RED = "#8B1A1A"  # a third colour beside blue and orange, far darker than either
RANGE_BLUE, PALE_BLUE, PALE_GREY = "#8FB8D6", "#C9DFF0", "#C9C9C9"  # beside a mark that says the main thing
GUIDE = "#555555"  # lines to compare with: a threshold, a mean, a limit

COLOURS = (BLUE, ORANGE, "#007A59", "#A6508C", "#8A6D00", "#2F7FB5", INK, GREY)
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [10, 4], [4, 2, 1, 2], [1, 3], [12, 2])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
