/* What an OCI runtime says in the place of a program that can't be executed, when it has already told of its start. */
#include "shim.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* crun's, in its JSON log, on the container's own standard error: {"msg":"exec container process [(…) ]`PATH`: REASON",… */
static const char beginning[] = "{\"msg\":\"exec container process ";

size_t exec_words(char *bytes, size_t length, size_t capacity) {
  if (length < sizeof beginning || memcmp(bytes, beginning, sizeof beginning - 1) != 0) return length;
  const char *end = memchr(bytes, '\n', length);
  const char *rest = bytes + sizeof beginning - 1;
  const char *path = end == NULL ? NULL : memchr(rest, '`', end - rest);
  const char *after = path == NULL ? NULL : memmem(path + 1, end - path - 1, "`: ", 3);
  const char *quote = after == NULL ? NULL : memmem(after, end - after, "\",\"level\":\"error\"", 17);
  if (quote == NULL) return length;
  /* Docker's words, which are runc's; shorter than what they stand for. */
  char words[4096];
  int path_length = after - path - 1, reason_length = quote - after - 4;
  int written = snprintf(words, sizeof words, "exec %.*s: %c%.*s", path_length, path + 1, tolower(after[3]), reason_length,
                         after + 4);
  const char *line_end = end > bytes && end[-1] == '\r' ? end - 1 : end;
  size_t left = bytes + length - line_end;
  if (written < 0 || (size_t)written >= sizeof words || written + left > capacity) return length;
  memmove(bytes + written, line_end, left);
  memcpy(bytes, words, written);
  return written + left;
}
