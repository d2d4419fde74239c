"""What people see: tables, charts, the parts of a page. It makes text of what it is given; gnuplot is all that it starts."""
