/*
 * strata-init: pid 1 of containers that are run with `--init`. Starts the program, hands it every signal that it is sent,
 * reaps all that is orphaned, and ends as the program ended (128 + n when signal n ended it).
 *
 *   strata-init -- PROGRAM [ARGUMENT…]
 *
 * Exit codes of its own, as docker-init's: 127 when the program is not found, 126 when it can't be run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Starts the program in a process group of its own, in the foreground of the terminal if there is one. */
static pid_t start(char **argv, const sigset_t *inherited) {
  pid_t child = fork();
  if (child != 0) return child;
  setpgid(0, 0);
  signal(SIGTTOU, SIG_IGN);
  tcsetpgrp(STDIN_FILENO, getpgrp());
  signal(SIGTTIN, SIG_DFL);
  signal(SIGTTOU, SIG_DFL);
  sigprocmask(SIG_SETMASK, inherited, NULL);
  execvp(argv[0], argv);
  int status = errno == ENOENT ? 127 : 126;
  fprintf(stderr, "exec: \"%s\": %s\n", argv[0], strerror(errno));
  _exit(status);
}

/* Reaps all that has ended; returns the program's exit code once it has, else -1. */
static int reap(pid_t child) {
  int code = -1;
  for (;;) {
    int status;
    pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended <= 0) return code;
    if (ended != child) continue;
    code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
}

int main(int argc, char **argv) {
  int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
  if (first >= argc) {
    fprintf(stderr, "usage: strata-init -- PROGRAM [ARGUMENT...]\n");
    return 1;
  }
  /* Signals are taken one by one with sigwaitinfo; those of an own fault must stay deadly. */
  sigset_t all, inherited;
  sigfillset(&all);
  int faults[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&all, faults[i]);
  sigprocmask(SIG_SETMASK, &all, &inherited);
  signal(SIGTTIN, SIG_IGN);
  signal(SIGTTOU, SIG_IGN);

  pid_t child = start(argv + first, &inherited);
  if (child < 0) {
    perror("fork");
    return 1;
  }
  for (;;) {
    siginfo_t info;
    int number = sigwaitinfo(&all, &info);
    if (number < 0) continue;
    if (number != SIGCHLD) {
      kill(child, number);
      continue;
    }
    int code = reap(child);
    if (code >= 0) return code;
  }
}
