"""What make_metric_fixtures.py is made of."""
