"""The trial board and the live half of analysis cards: Python holds the data and answers, JavaScript draws."""
