"""What engines say of themselves: metrics under one name each, rates and quantiles, and a watch over servers."""
