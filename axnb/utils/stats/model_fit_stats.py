"""Names by which models are compared."""

RANK_CORRELATION = "Rank correlation"
MSE = "MSE"
LOG_LIKELIHOOD = "Log likelihood"
