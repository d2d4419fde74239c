/* Who is behind which id, as names.py reads it from the description: a line "ID NAME" for each. The tool puts it into memory that nobody can
   write. */
#ifndef SERVICES_NAMES_H
#define SERVICES_NAMES_H

/* Takes the first decimal number, or word, of a text, and moves behind it and one more character. Words are up to 63 bytes. */
static inline unsigned names_number(const char **at)
{
    unsigned number = 0;
    while (**at >= '0' && **at <= '9')
        number = number * 10 + (unsigned)(*(*at)++ - '0');
    *at += **at != 0;
    return number;
}

static inline void names_word(const char **at, char word[64])
{
    unsigned n = 0;
    while (**at > ' ' && n < 63)
        word[n++] = *(*at)++;
    word[n] = 0;
    *at += **at != 0;
}

#endif
