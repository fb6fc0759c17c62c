"""What a model is worth: data sets judged, rates, comparisons, figures and reports."""
