/* Is this the checking build (make CHECK=1)? */
#ifndef BATON_CHECKING_H
#define BATON_CHECKING_H

#ifdef BATON_CHECK
enum { CHECKING = 1 };
#else
enum { CHECKING = 0 };
#endif

#endif
