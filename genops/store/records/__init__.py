"""What is written and what queries give back: plain records, one module for each thing they are of."""
