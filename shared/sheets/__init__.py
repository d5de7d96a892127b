"""Tables that offices send: CSV and Excel, read row by row as they come."""
