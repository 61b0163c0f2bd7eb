/* send-fd SOCKET [fd]: connects and sends one message, with its standard input by SCM_RIGHTS when `fd` is given. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) return 1;
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
  struct iovec vector = {.iov_base = "/dev/ptmx", .iov_len = 9};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  if (argc > 2) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
  }
  return sendmsg(fd, &message, 0) == 9 ? 0 : 1;
}
