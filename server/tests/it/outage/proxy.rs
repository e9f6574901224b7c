//! A road between two programs on which the weather can turn bad.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens to what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    /// It arrives.
    Fair,
    /// Every piece arrives this much later.
    Slow(Duration),
    /// Nothing arrives in either direction, and nobody is told; it arrives when the weather clears,
    /// as what is sent again after a partition does.
    Silent,
    /// What is asked arrives; what is answered waits until the weather clears.
    Deaf,
    /// Connections are reset, those that are open and those that are made.
    Reset,
}

impl Weather {
    /// What it does, for a table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fair => "a road is fair",
            Self::Slow(_) => "a road is slow",
            Self::Silent => "a road is silent",
            Self::Deaf => "a road is half open",
            Self::Reset => "a road is reset",
        }
    }
}

/// One road. Cheap to clone; it stays for as long as the test.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    /// A road that leads to `target`.
    pub(crate) async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (weather, seen) = watch::channel(Weather::Fair);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, target, seen.clone()));
            }
        });
        Self { address, weather }
    }

    pub(crate) fn turn(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn carry(near: TcpStream, target: SocketAddr, mut weather: watch::Receiver<Weather>) {
    let Ok(far) = TcpStream::connect(target).await else { return };
    // Closing without waiting for what is on its way is what a reset is.
    for end in [&near, &far] {
        drop(end.set_zero_linger());
    }
    let (near_reads, near_writes) = near.into_split();
    let (far_reads, far_writes) = far.into_split();
    tokio::select! {
        () = pump(near_reads, far_writes, weather.clone(), false) => {}
        () = pump(far_reads, near_writes, weather.clone(), true) => {}
        _ = weather.wait_for(|now| *now == Weather::Reset) => {}
    }
}

/// Carries one direction until either end closes.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
    is_answer: bool,
) {
    let mut piece = vec![0; 16_384];
    loop {
        let length = match from.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(length) => length,
        };
        let now = *weather.borrow();
        if let Weather::Slow(delay) = now {
            tokio::time::sleep(delay).await;
        }
        let passes = |now: &Weather| match now {
            Weather::Silent => false,
            Weather::Deaf => !is_answer,
            _ => true,
        };
        if weather.wait_for(passes).await.is_err() || to.write_all(&piece[..length]).await.is_err()
        {
            return;
        }
    }
}
