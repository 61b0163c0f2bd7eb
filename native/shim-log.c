/*
 * The json-file log: one {"log":"text\n","stream":"stdout","time":"2026-01-02T03:04:05.678Z"} a line. A line of output
 * that is longer than 16 KiB becomes several records, only the last of which ends in "\n"; all have the first one's time.
 * A log that can't be written (disk full) loses records, never half of one, and never stops the container.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 16384, BATCH = 65536 };

static struct {
  const char *path; /* NULL: no log */
  int fd;
  int64_t size, max_size;
  int max_files;
  struct queue batch;
} log = {.fd = -1};

static struct line {
  size_t length;
  bool partial; /* an earlier part of it was written, at `time` */
  struct timespec time;
  char bytes[LINE];
} lines[3];

static void reopen(int flags) {
  log.fd = open(log.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0640);
  struct stat info;
  log.size = log.fd >= 0 && fstat(log.fd, &info) == 0 ? info.st_size : 0;
}

void log_open(const char *path, int64_t max_size, int max_files) {
  log.path = path;
  log.max_size = max_size;
  log.max_files = max_files;
  reopen(0);
  if (log.fd < 0) die(path);
}

static void flush(void) {
  size_t done = 0;
  if (log.fd < 0) reopen(0);
  while (log.fd >= 0 && done < log.batch.length) {
    ssize_t n = write(log.fd, log.batch.data + done, log.batch.length - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      /* Takes back what was written since the last whole record. */
      size_t whole = done;
      while (whole > 0 && log.batch.data[whole - 1] != '\n') whole--;
      /* Not from `size`: somebody else may have emptied the file. */
      struct stat info;
      if (fstat(log.fd, &info) == 0 && info.st_size >= (off_t)(done - whole) &&
          ftruncate(log.fd, info.st_size - (off_t)(done - whole)) == 0)
        done = whole;
      break;
    }
    done += n;
  }
  log.size += done;
  log.batch.length = 0;
}

/* path.(n-2) becomes path.(n-1) … path becomes path.1 */
static void rotate(void) {
  flush();
  if (log.fd >= 0) close(log.fd);
  char from[4200], to[4200];
  for (int i = log.max_files - 1; i > 0; i--) {
    snprintf(to, sizeof to, "%s.%d", log.path, i);
    if (i == 1) snprintf(from, sizeof from, "%s", log.path);
    else snprintf(from, sizeof from, "%s.%d", log.path, i - 1);
    rename(from, to);
  }
  reopen(O_TRUNC);
}

/* Length of the UTF-8 sequence at `bytes`; 0 when it is invalid, -1 when it is cut short by the end but valid so far. */
static int rune(const unsigned char *bytes, size_t length) {
  unsigned char first = bytes[0];
  int wanted = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  for (int i = 1; i < wanted; i++) {
    if ((size_t)i >= length) return -1;
    unsigned char low = 0x80, high = 0xbf;
    if (i == 1) {
      if (first == 0xe0) low = 0xa0;
      if (first == 0xed) high = 0x9f;
      if (first == 0xf0) low = 0x90;
      if (first == 0xf4) high = 0x8f;
    }
    if (bytes[i] < low || bytes[i] > high) return 0;
  }
  return wanted;
}

void json_escape(struct queue *into, const unsigned char *bytes, size_t length) {
  static const char hex[] = "0123456789abcdef";
  size_t plain = 0, at = 0;
  while (at < length) {
    unsigned char c = bytes[at];
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&') {
      at++;
      continue;
    }
    char escape[6];
    size_t escape_length = 0, width = 1;
    if (c < 0x80) {
      char letter = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '"' || c == '\\' ? (char)c : 0;
      if (letter) memcpy(escape, (char[]){'\\', letter}, escape_length = 2);
      else memcpy(escape, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, escape_length = 6);
    } else {
      int found = rune(bytes + at, length - at);
      if (found > 0 && !(found == 3 && c == 0xe2 && bytes[at + 1] == 0x80 && (bytes[at + 2] & 0xfe) == 0xa8)) {
        at += found;
        continue;
      }
      memcpy(escape, found > 0 ? (bytes[at + 2] == 0xa8 ? "\\u2028" : "\\u2029") : "\\ufffd", escape_length = 6);
      if (found > 0) width = 3;
    }
    queue_add(into, bytes + plain, at - plain);
    queue_add(into, escape, escape_length);
    plain = at += width;
  }
  queue_add(into, bytes + plain, length - plain);
}

/* RFC 3339 with nanoseconds, trailing zeros left out, as Go prints it. */
static size_t format_time(char *into, size_t capacity, const struct timespec *time) {
  struct tm t;
  gmtime_r(&time->tv_sec, &t);
  size_t length = snprintf(into, capacity, "%04d-%02d-%02dT%02d:%02d:%02d.%09ld", t.tm_year + 1900, t.tm_mon + 1,
                           t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, time->tv_nsec);
  while (into[length - 1] == '0') length--;
  if (into[length - 1] == '.') length--;
  into[length++] = 'Z';
  return length;
}

static void record(int stream, const char *bytes, size_t length, bool whole) {
  struct line *line = &lines[stream];
  if (!line->partial) clock_gettime(CLOCK_REALTIME, &line->time);
  line->partial = !whole;
  if (log.max_size > 0 && log.size + (int64_t)log.batch.length >= log.max_size) rotate();
  queue_add(&log.batch, "{\"log\":\"", 8);
  json_escape(&log.batch, (const unsigned char *)bytes, length);
  char tail[96];
  size_t n = snprintf(tail, sizeof tail, "%s\",\"stream\":\"%s\",\"time\":\"", whole ? "\\n" : "",
                      stream == STDERR ? "stderr" : "stdout");
  n += format_time(tail + n, sizeof tail - n, &line->time);
  memcpy(tail + n, "\"}\n", 3);
  queue_add(&log.batch, tail, n + 3);
  if (log.batch.length >= BATCH) flush();
}

/* How much of a full buffer can be written without cutting a rune in two. */
static size_t whole_runes(const char *bytes, size_t length) {
  for (size_t back = 1; back < 4; back++) {
    unsigned char c = bytes[length - back];
    if (c >= 0xc0) return rune((const unsigned char *)bytes + length - back, back) < 0 ? length - back : length;
    if (c < 0x80) break;
  }
  return length;
}

void log_feed(int stream, const char *bytes, size_t length) {
  if (log.path == NULL) return;
  struct line *line = &lines[stream];
  while (length > 0) {
    size_t room = LINE - line->length;
    size_t near = length < room ? length : room;
    const char *newline = memchr(bytes, '\n', near);
    size_t taken = newline ? (size_t)(newline - bytes) : near;
    if (newline && line->length == 0) {
      record(stream, bytes, taken, true);
    } else {
      memcpy(line->bytes + line->length, bytes, taken);
      line->length += taken;
      if (newline) {
        record(stream, line->bytes, line->length, true);
        line->length = 0;
      } else if (line->length == LINE) {
        size_t whole = whole_runes(line->bytes, LINE);
        record(stream, line->bytes, whole, false);
        memmove(line->bytes, line->bytes + whole, LINE - whole);
        line->length = LINE - whole;
      }
    }
    if (newline) taken++;
    bytes += taken;
    length -= taken;
  }
  flush();
}

void log_end(int stream) {
  struct line *line = &lines[stream];
  if (log.path == NULL || line->length == 0) return;
  record(stream, line->bytes, line->length, false);
  line->length = 0;
  flush();
}
