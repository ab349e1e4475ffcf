//! What HTTP alone can do here: an empty answer to every request, from the same library on the same number of threads.

use std::net::TcpListener;

use actix_http::{HttpService, Protocol};
use actix_rt::net::TcpStream;
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::{App, HttpResponse, web};

/// Answers every request with an empty body, until the process is ended; its first line tells its address.
pub fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    println!("http://{}/", listener.local_addr().expect("an address"));
    actix_rt::System::new()
        .block_on(async {
            actix_server::Server::build()
                .listen("empty", listener, || {
                    let app = App::new()
                        .default_service(web::to(|| async { HttpResponse::Ok().finish() }));
                    let http =
                        HttpService::build().finish(map_config(app, |()| AppConfig::default()));
                    fn_service(|stream: TcpStream| async move {
                        let peer = stream.peer_addr().ok();
                        Ok((stream, Protocol::Http1, peer))
                    })
                    .and_then(http)
                })
                .expect("a server")
                .run()
                .await
        })
        .expect("a server");
}
