"""All of it for one table of ratings: `judge_panel`, its words, tables and page."""
