/* Tests of whose files are whose, of an empty file system; they run where nothing else has been. */
#ifndef FILES_OWNERS_H
#define FILES_OWNERS_H

void owners_check(void);
void owners_odd_check(void); /* after the other */

#endif
