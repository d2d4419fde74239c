/* What the server does: the label of a call says which. */
#ifndef CALLS_H
#define CALLS_H

enum { ADD, SUM, COUNT_DOWN };

#endif
