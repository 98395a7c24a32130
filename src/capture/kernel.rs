//! Socket options that std does not have.
//!
//! This is the one file of the crate with `unsafe`: six calls of libc, each with its reason.

#[cfg(unix)]
pub(in crate::capture) use unix::{
    disconnect, limit_receive_buffer, receive_buffer, wait, widen_receive_buffer,
};

#[cfg(not(unix))]
pub(in crate::capture) use other::{
    disconnect, limit_receive_buffer, receive_buffer, wait, widen_receive_buffer,
};

#[cfg(target_os = "linux")]
pub(in crate::capture) use linux::drops;

#[cfg(target_os = "linux")]
pub(crate) use linux::end_accepting;

/// Datagrams that the kernel dropped for want of room. Not known on this system.
#[cfg(not(target_os = "linux"))]
pub(in crate::capture) fn drops(_socket: &std::net::UdpSocket) -> Option<u64> {
    None
}

/// Wakes who waits for a client of this socket. Not known how on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn end_accepting(_listener: &std::net::TcpListener) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::net::{SocketAddrV4, UdpSocket};
    use std::os::fd::AsRawFd;
    use std::time::Duration;

    /// Makes the receive buffer as large as the system allows, up to `wish` bytes.
    pub(in crate::capture) fn widen_receive_buffer(socket: &UdpSocket, wish: usize) {
        // Beyond net.core.rmem_max, where the process may (CAP_NET_ADMIN).
        #[cfg(target_os = "linux")]
        if set(socket, libc::SO_RCVBUFFORCE, wish / OVERHEAD).is_ok() {
            return;
        }
        let mut bytes = wish / OVERHEAD;
        // Linux cuts a wish that is too large, macOS refuses it (kern.ipc.maxsockbuf).
        while bytes >= SMALLEST && set(socket, libc::SO_RCVBUF, bytes).is_err() {
            bytes /= 2;
        }
    }

    /// Makes the receive buffer `bytes` large.
    pub(in crate::capture) fn limit_receive_buffer(
        socket: &UdpSocket,
        bytes: usize,
    ) -> io::Result<()> {
        set(socket, libc::SO_RCVBUF, bytes / OVERHEAD)
    }

    /// Sleeps until something has come, or for `most`.
    pub(in crate::capture) fn wait(socket: &UdpSocket, most: Duration) {
        let mut waiting = libc::pollfd {
            fd: socket.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        let millis = libc::c_int::try_from(most.as_millis()).unwrap_or(libc::c_int::MAX);
        // SAFETY: the descriptor is open while `socket` is borrowed, and the pointer is to one
        // pollfd, as the count says. Whatever ends the sleep, the caller looks at the socket.
        unsafe { libc::poll(&raw mut waiting, 1, millis) };
    }

    /// Lets a connected socket receive from everybody again, on the same port.
    pub(in crate::capture) fn disconnect(
        socket: &UdpSocket,
        address: SocketAddrV4,
    ) -> io::Result<()> {
        let nobody = family(libc::AF_UNSPEC);
        match named(socket, &nobody, libc::connect) {
            // BSD says so, and has disconnected.
            Err(error) if error.raw_os_error() != Some(libc::EAFNOSUPPORT) => return Err(error),
            _ => {}
        }
        // Linux lets a port go that it had chosen itself.
        if socket.local_addr()?.port() == address.port() {
            return Ok(());
        }
        let own = libc::sockaddr_in {
            sin_port: address.port().to_be(),
            sin_addr: libc::in_addr {
                s_addr: u32::from_ne_bytes(address.ip().octets()),
            },
            ..family(libc::AF_INET)
        };
        named(socket, &own, libc::bind)
    }

    /// An address of which the family alone is set.
    fn family(family: libc::c_int) -> libc::sockaddr_in {
        let Ok(sin_family) = libc::sa_family_t::try_from(family) else {
            unreachable!("families are small numbers")
        };
        libc::sockaddr_in {
            sin_family,
            sin_port: 0,
            sin_addr: libc::in_addr { s_addr: 0 },
            sin_zero: [0; 8],
            #[cfg(not(any(target_os = "linux", target_os = "android")))]
            sin_len: 0,
        }
    }

    /// Calls `connect` or `bind`.
    fn named(socket: &UdpSocket, address: &libc::sockaddr_in, call: Naming) -> io::Result<()> {
        // SAFETY: the descriptor is open while `socket` is borrowed, and the pointer is to an
        // address of the length that is given.
        let status = unsafe {
            call(
                socket.as_raw_fd(),
                (&raw const *address).cast(),
                length_of::<libc::sockaddr_in>(),
            )
        };
        if status == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// `connect` and `bind` of the C library.
    type Naming =
        unsafe extern "C" fn(libc::c_int, *const libc::sockaddr, libc::socklen_t) -> libc::c_int;

    /// The size of the receive buffer as the system accounts it, in bytes.
    pub(in crate::capture) fn receive_buffer(socket: &UdpSocket) -> io::Result<usize> {
        let mut bytes: libc::c_int = 0;
        let mut length = length_of::<libc::c_int>();
        // SAFETY: the descriptor is open while `socket` is borrowed, and the pointers are to a
        // c_int and to its length, both alive during the call.
        let status = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_RCVBUF,
                (&raw mut bytes).cast(),
                &raw mut length,
            )
        };
        if status == 0 {
            Ok(usize::try_from(bytes).unwrap_or(0))
        } else {
            Err(io::Error::last_os_error())
        }
    }

    fn set(socket: &UdpSocket, option: libc::c_int, bytes: usize) -> io::Result<()> {
        let value = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
        // SAFETY: the descriptor is open while `socket` is borrowed, and the pointer is to a
        // c_int, whose length is given.
        let status = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                option,
                (&raw const value).cast(),
                length_of::<libc::c_int>(),
            )
        };
        if status == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    pub(in crate::capture::kernel) fn length_of<T>() -> libc::socklen_t {
        let Ok(length) = libc::socklen_t::try_from(size_of::<T>()) else {
            unreachable!("the sizes of these types are two digits long")
        };
        length
    }

    /// Linux doubles what is asked for, to have room for its own bookkeeping (socket(7)).
    const OVERHEAD: usize = if cfg!(target_os = "linux") { 2 } else { 1 };
    /// Below this a wish is not worth a call.
    const SMALLEST: usize = 65_536;
}

#[cfg(not(unix))]
mod other {
    use std::io;
    use std::net::{SocketAddrV4, UdpSocket};
    use std::time::Duration;

    pub(in crate::capture) fn widen_receive_buffer(_socket: &UdpSocket, _wish: usize) {}

    /// Sleeps a little.
    pub(in crate::capture) fn wait(_socket: &UdpSocket, _most: Duration) {
        std::thread::park_timeout(Duration::from_millis(20));
    }

    pub(in crate::capture) fn disconnect(
        _socket: &UdpSocket,
        _address: SocketAddrV4,
    ) -> io::Result<()> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "not known how on this system",
        ))
    }

    pub(in crate::capture) fn limit_receive_buffer(
        _socket: &UdpSocket,
        _bytes: usize,
    ) -> io::Result<()> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "not known how on this system",
        ))
    }

    pub(in crate::capture) fn receive_buffer(_socket: &UdpSocket) -> io::Result<usize> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "not known how on this system",
        ))
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::io;
    use std::net::{TcpListener, UdpSocket};
    use std::os::fd::AsRawFd;

    use crate::capture::kernel::unix::length_of;

    /// Datagrams that the kernel dropped since the socket was made, for want of room.
    pub(in crate::capture) fn drops(socket: &UdpSocket) -> Option<u64> {
        from_meminfo(socket).or_else(|| from_proc(socket))
    }

    /// Turns clients away from this socket, and wakes who waits for one with an error.
    ///
    /// Source: `inet_shutdown` of net/ipv4/af_inet.c, which ends a socket that listens.
    pub(crate) fn end_accepting(listener: &TcpListener) -> io::Result<()> {
        // SAFETY: the descriptor is open while `listener` is borrowed.
        let status = unsafe { libc::shutdown(listener.as_raw_fd(), libc::SHUT_RD) };
        if status == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// The counter `SK_MEMINFO_DROPS` of `SO_MEMINFO` (Linux 4.12).
    fn from_meminfo(socket: &UdpSocket) -> Option<u64> {
        let mut counters = [0_u32; COUNTERS];
        let mut length = length_of::<[u32; COUNTERS]>();
        // SAFETY: the descriptor is open while `socket` is borrowed, and the pointers are to an
        // array and to its length in bytes, beyond which the kernel does not write.
        let status = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_MEMINFO,
                counters.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        // An older kernel may know fewer counters.
        let complete = usize::try_from(length).ok()? >= (DROPS + 1) * size_of::<u32>();
        (status == 0 && complete).then(|| u64::from(counters[DROPS]))
    }

    /// The last column of the socket's row in `/proc/net/udp`, for sandboxes without the option.
    fn from_proc(socket: &UdpSocket) -> Option<u64> {
        let link = fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).ok()?;
        let inode = link
            .to_str()?
            .strip_prefix("socket:[")?
            .strip_suffix(']')?
            .to_owned();
        // The file is read in pieces, and while other sockets come and go a row may fall between
        // two of them. The socket is open, so that its row is there the next time.
        (0..READS).find_map(|_| drops_in(&fs::read_to_string("/proc/net/udp").ok()?, &inode))
    }

    /// Finds the row of the socket with this inode (tenth column) and reads its last column.
    fn drops_in(table: &str, inode: &str) -> Option<u64> {
        let row = table
            .lines()
            .skip(1)
            .find(|row| row.split_whitespace().nth(9) == Some(inode))?;
        row.split_whitespace().last()?.parse().ok()
    }

    /// How often the table is read before the count is taken for unknown.
    const READS: u32 = 16;
    /// `SK_MEMINFO_VARS` of linux/sock_diag.h.
    const COUNTERS: usize = 9;
    /// `SK_MEMINFO_DROPS` of the same.
    const DROPS: usize = 8;

    #[cfg(test)]
    #[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    mod tests {
        use std::net::UdpSocket;

        use crate::capture::kernel::limit_receive_buffer;
        use crate::capture::kernel::linux::{drops_in, from_meminfo, from_proc};

        #[test]
        fn both_sources_count_the_same_drops() {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            limit_receive_buffer(&socket, 0).unwrap();
            let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
            for _ in 0..100 {
                sender
                    .send_to(&[0; 1_000], socket.local_addr().unwrap())
                    .unwrap();
            }
            let dropped = from_meminfo(&socket).unwrap();
            assert!(dropped > 50, "{dropped}");
            assert_eq!(from_proc(&socket), Some(dropped));
        }

        #[test]
        fn the_row_is_found_by_its_inode() {
            let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  \
                         timeout inode ref pointer drops\n\
                         \x20 1: 0100007F:07D0 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 41 2 0 7\n\
                         \x20 2: 0100007F:07D1 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 42 2 0 9\n";
            assert_eq!(drops_in(table, "42"), Some(9));
            assert_eq!(drops_in(table, "4"), None);
        }
    }
}
