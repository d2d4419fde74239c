"""What people see: tables, charts, the parts of a page. It turns what it is given into text; it starts nothing but gnuplot."""
