"""How things look: plotly figures, style, words and number formats. Knows nothing of experiments."""
