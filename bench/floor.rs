//! The floor of a fan-out: one thread, one pre-encoded frame, one `write()` per client. It speaks just enough of
//! the protocol for the load generator. Commands on stdin: `broadcast COUNT INTERVAL_MS SIZE`, `report`, `quit`.

#![allow(clippy::print_stdout, missing_docs)]

use std::{
    io::{BufRead, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use plugin_io::transport::{
    frame::{FrameKind, encode},
    websocket::switching_protocols,
};

type Clients = Arc<Mutex<Vec<TcpStream>>>;

fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{{\"port\":{}}}", listener.local_addr()?.port());
    let clients: Clients = Arc::default();
    let accepted = clients.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that fails its handshake is simply not counted; the load generator notices.
            let _ = accept(stream, &accepted);
        }
    });
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["broadcast", count, interval, size] => broadcast(
                &clients,
                count.parse().unwrap_or(0),
                Duration::from_millis(interval.parse().unwrap_or(0)),
                size.parse().unwrap_or(0),
            ),
            ["report"] => {
                let clients = clients.lock().unwrap_or_else(PoisonError::into_inner).len();
                let cpu = cpu_micros();
                println!("{{\"cpuBefore\":{cpu},\"cpuAfter\":{cpu},\"clients\":{clients}}}");
            }
            _ => return Ok(()),
        }
    }
    Ok(())
}

fn accept(mut stream: TcpStream, clients: &Clients) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0u8; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut byte)?;
        request.extend_from_slice(&byte[..read]);
    }
    let text = String::from_utf8_lossy(&request);
    let key = text.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or_default();
    stream.write_all(&switching_protocols(key, &[]))?;
    stream.write_all(&encode(FrameKind::Text, b"0", b"{\"sid\":\"floor\"}"))?;
    stream.write_all(&encode(FrameKind::Text, b"40", b"{\"sid\":\"floor\"}"))?;
    stream.set_nonblocking(true)?;
    clients.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
    Ok(())
}

fn broadcast(clients: &Clients, count: usize, interval: Duration, size: usize) {
    let payload = format!("42[\"news\",\"{}\"]", "x".repeat(size));
    let frame = encode(FrameKind::Text, b"", payload.as_bytes());
    let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
    let mut next = Instant::now();
    for _ in 0..count {
        for client in clients.iter_mut() {
            let _ = client.write(&frame);
        }
        next += interval;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    println!("{{\"done\":{count}}}");
}

/// User and system time of this process, microseconds.
fn cpu_micros() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    (ticks(11) + ticks(12)) * 10_000
}
