//! What HTTP alone can do here: an empty answer to every request, from the same library on the same number of threads.

use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, web};

/// Answers every request with an empty body, until the process is ended; its first line tells its address.
pub fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("http://{}/", listener.local_addr().expect("an address"));
    let app = || App::new().default_service(web::to(|| async { HttpResponse::Ok().finish() }));
    actix_web::rt::System::new()
        .block_on(async { HttpServer::new(app).listen(listener)?.run().await })
        .expect("a server");
}
