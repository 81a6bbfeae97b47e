"""What every face shares: the edge, forms, policies, errors, paging, words."""
