"""Data for the lecture: each loader says where its examples come from.

text.py         load_imdb, load_ag_news: one source each time, named in the result (corpus.py)
huggingface.py  the real corpora: a parquet folder, the Hub, or its cache
grammar.py      the engine behind the embedded corpora, reviews.py and news.py
*_lexicon.py    their words; names.py: their invented names
generate.py     what reviews.py and news.py share
files.py        the embedded corpora as CSV files, and the reader that notebooks carry
spirals.py      load_spirals: points that no straight line separates; xor.py has four of them
"""
