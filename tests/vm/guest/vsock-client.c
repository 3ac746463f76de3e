/* SPDX-License-Identifier: MIT */
/*
 *     vsock-client CID PORT LINES     standard input to the socket; that many lines back
 */
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
    if (argc != 4) {
        return 2;
    }
    struct sockaddr_vm address = {.svm_family = AF_VSOCK,
                                  .svm_cid = (unsigned)atoi(argv[1]),
                                  .svm_port = (unsigned)atoi(argv[2])};
    int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("vsock-client");
        return 1;
    }
    char data[4096];
    ssize_t got;
    while ((got = read(0, data, sizeof data)) > 0) {
        if (write(fd, data, (size_t)got) != got) {
            return 1;
        }
    }
    for (int lines = atoi(argv[3]); lines > 0;) {
        if ((got = read(fd, data, 1)) <= 0) {
            return 1;
        }
        putchar(data[0]);
        lines -= data[0] == '\n';
    }
    return 0;
}
