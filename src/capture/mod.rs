//! Bytes in, documents out: the socket of a daemon, its drain, its fence, its accounts, and
//! capture files.
//!
//! # Accounts
//!
//! Whatever a program sent to the socket is in exactly one of these numbers once a fence has
//! passed: accepted, rejected, ignored (empty), dropped by the kernel. Our own fence datagrams
//! are left out of all of them. On Linux the socket's drops are known exactly; elsewhere they
//! are unknown, which is not 0. A packet that the kernel drops before it reaches the socket, as the
//! queue of a CPU was full (`net.core.netdev_max_backlog`), shows in no counter of a socket: only
//! a sender's own count tells of it.
//!
//! # The fence
//!
//! A fence is a private datagram that the socket sends to itself. Once the drain has read it,
//! all that was sent before has been read too, or was dropped and counted.
//!
//! Why that holds on Linux: `send` on loopback hands the packet to the receive queue of the
//! sending CPU and runs that queue before it returns (`loopback_xmit`, `netif_rx`, then the
//! softirq at the end of `dev_queue_xmit`). So when a `send` has returned, its datagram is in
//! the socket's buffer or counted as dropped, and a fence sent afterwards stands behind it.
//!
//! Where it ends: a sender whose `send` has not returned is not "before". Kernels 4.9 to 6.4 may
//! leave the queue of one CPU to `ksoftirqd` when that CPU is flooded, and receive packet
//! steering on `lo` (`/sys/class/net/lo/queues/rx-0/rps_cpus`, off by default) or a queueing
//! discipline on it moves packets to other queues: there a fence from another CPU may overtake.
//! Other systems promise nothing; there the fence is best effort.

mod arrival;
mod faults;
mod file;
mod inbox;
#[cfg_attr(
    unix,
    expect(unsafe_code, reason = "socket options that std does not have")
)]
mod kernel;
mod listener;
mod parking;
mod received;
mod rest;

pub use faults::Faults;
pub use file::CaptureFile;
pub use received::{Counts, Received, Rejection, Verdict};

pub(crate) use kernel::end_accepting;
pub(crate) use listener::{Door, HandedOver, Listener, bind};
pub(crate) use parking::name_late;
