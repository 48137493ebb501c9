"""What people ask a help desk, in four languages."""

SENTENCES = {
    "en": (
        "How do I reset my password? I have tried the link in the e-mail twice, and nothing happens.",
        "The invoice from last month has the wrong address on it.",
        "Where can I find the opening hours of the shop in Berlin?",
        "Please summarise the attached contract in three points.",
        "I would like to return the shoes that I bought last week, because they are too small.",
        "Is it possible to change the delivery date of an order that has already been paid?",
        "Thank you very much, that was really helpful and friendly!",
        "What is the difference between the basic plan and the professional one?",
    ),
    "es": (
        "¿Cómo puedo cambiar mi contraseña? He probado el enlace del correo dos veces y no pasa nada.",
        "La factura del mes pasado tiene una dirección equivocada.",
        "¿Dónde puedo ver el horario de apertura de la tienda de Madrid?",
        "Por favor, resume el contrato adjunto en tres puntos.",
        "Quiero devolver los zapatos que compré la semana pasada, porque me quedan pequeños.",
        "¿Es posible cambiar la fecha de entrega de un pedido que ya está pagado?",
        "Muchas gracias, ha sido una ayuda estupenda y muy amable.",
        "¿Cuál es la diferencia entre el plan básico y el profesional?",
    ),
    "pt": (
        "Como posso redefinir a minha senha? Já tentei o link do e-mail duas vezes e nada acontece.",
        "A fatura do mês passado está com o endereço errado.",
        "Onde encontro o horário de funcionamento da loja de Lisboa?",
        "Por favor, resuma o contrato em anexo em três pontos.",
        "Gostaria de devolver os sapatos que comprei na semana passada, porque são muito pequenos.",
        "É possível mudar a data de entrega de um pedido que já foi pago?",
        "Muito obrigado, foi uma ajuda excelente e muito simpática.",
        "Qual é a diferença entre o plano básico e o plano profissional?",
    ),
    "id": (
        "Bagaimana cara mengatur ulang kata sandi saya? Saya sudah mencoba tautannya dua kali, tetapi tidak berhasil.",
        "Faktur bulan lalu mencantumkan alamat yang salah.",
        "Di mana saya bisa melihat jam buka toko di Jakarta?",
        "Tolong ringkas kontrak terlampir dalam tiga poin.",
        "Saya ingin mengembalikan sepatu yang saya beli minggu lalu karena terlalu kecil.",
        "Apakah tanggal pengiriman pesanan yang sudah dibayar masih dapat diubah?",
        "Terima kasih banyak, bantuan Anda sangat ramah dan berguna.",
        "Apa perbedaan antara paket dasar dan paket profesional?",
    ),
}
REFUSALS = {
    "en": "I'm sorry, but I can't help with that request.",
    "es": "Lo siento, pero no puedo ayudarte con eso.",
    "pt": "Desculpe, mas não posso ajudar com isso.",
    "id": "Maaf, saya tidak dapat membantu permintaan itu.",
}
