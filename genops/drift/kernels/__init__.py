"""Kernels on vectors: distances, bandwidths, and what a kernel tells of two samples under every relabelling.

A kernel is worked with in one of two ways, which answer the same questions
(:class:`~genops.drift.kernels.matrix.KernelMatrix`): by all distances
(:mod:`~genops.drift.kernels.gram`) as long as they fit the stated memory, by random Fourier features
(:mod:`~genops.drift.kernels.fourier`) beyond that.
"""
