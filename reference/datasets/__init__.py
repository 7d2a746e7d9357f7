"""Data for the lecture: each loader says where its examples come from."""
