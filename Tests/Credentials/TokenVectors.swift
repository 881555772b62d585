@testable import Credentials

/// Tokens that somebody else has signed.
struct TokenVector: Sendable, CustomStringConvertible {
    let description: String
    let algorithm: SignatureAlgorithm
    /// As files of keys are.
    let key: String
    let token: String

    static let all = [
        TokenVector(
            description: "RFC 7515 A.1", algorithm: .hs256,
            key: """
                {"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
                """,
            token: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + joe + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        TokenVector(
            description: "RFC 7515 A.2", algorithm: .rs256,
            key: #"{"kty":"RSA","e":"AQAB","n":""#
                + "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-"
                + "SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS"
                + "-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2"
                + #"ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#,
            token: "eyJhbGciOiJSUzI1NiJ9." + joe + "."
                + "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJ"
                + "dbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN"
                + "9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXL"
                + "IhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"),
        TokenVector(
            description: "RFC 7515 A.3", algorithm: .es256,
            key: """
                {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
                """,
            token: "eyJhbGciOiJFUzI1NiJ9." + joe
                + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
        TokenVector(
            description: "RFC 8037 A.4", algorithm: .edDSA,
            key: #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            token: "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
                + "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"),
        // By the openssl command, for those without a public example.
        TokenVector(
            description: "ES384", algorithm: .es384,
            key: """
                -----BEGIN PUBLIC KEY-----
                MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE7tMSgxNBucXoSqVXNUABfZ/hle3AYqze
                a+4exj5h9vkKecu1gOu79Fu3C/WxZl/2nr3YlP2a3z+1Ddxlh5xdTKwJtPFAv786
                VRGDgyisRwC6W7MLBaTlU2GedtceGYIu
                -----END PUBLIC KEY-----

                """,
            token: "eyJhbGciOiJFUzM4NCJ9." + demo
                + ".qdFQG0gO3pUI7W5kxx9uRwU8gsPmOWP-vOXCGpTJ8HOhFmxPmGDSV7GGCf3N-9fQ"
                + "vTZw3-X3nvBBSSsbRhhV1VkGkezzIa8uPBASUns7sf7j6cT5XldZEgRqKja3YupO"),
        TokenVector(
            description: "RS512", algorithm: .rs512, key: rsa,
            token: "eyJhbGciOiJSUzUxMiJ9." + demo
                + ".H4gO4rp_q_n-5rVoJtBYgfFSdZ6eYAvGrdYfaOeQsQAte6L0w6RHzyRJq-OcUNQgXkeVxxBUC_hMXLt3zGe2iy20IROuFunPl8wEVFHG"
                + "_Q53v1odthhgU_cujdK9dhMTH7W6co55MiX9BuB3DyJCNs7MNXVODGs0EuRdcmhl6r9CM1Nlo4_QDcmJ0ngnCGhBPlePtuEPWOWgyRPB"
                + "may_N8KC2xkXkHGkUQKv4iY3dzW_FOlGiSX-ofqT5K8FvLenFBV5nHw-daeXVKImN6BanLHIL1wXbolnUrwdXteE-i_tMnOffwJByS1p"
                + "Im2IrUxvk0bmQ1Tc7VOis9U_-M74jA"),
        TokenVector(
            description: "PS256", algorithm: .ps256, key: rsa,
            token: "eyJhbGciOiJQUzI1NiJ9." + demo
                + ".DLu65S7udWaKNnwm7eBcFWpbPIyuux2eYyH1CXhEcmuEeWURRAO2mSX99wRPPAsBWdlCxiKaW9Kc3mzvaK7J26zCzxBxhqVxB6BcUMZW"
                + "tFzlNxFFYgTikOJyvmQJ5rRlPYnrXcYnASCoAp-a-xtxRtO9Qe9orbc2u5A0PKXXWVJj-jANeodbEXmofFffJCZLbylMKGje2-lWFgDW"
                + "KX7ED99xlfTJzQOw7tgs1wsRwCYn_rhdp9QVq93Z23qe8EfapOEJSpGlT0DdY1YpfhROgH3l0_M01S1b4hBDDXM6-nivStr_FkX9HWUH"
                + "WqiBRscyxx6rl-_OYhkiBURDILmbPg"),
    ]

    private static let joe =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    /// `{"root":"demo","get":[""],"put":"me"}`
    private static let demo = "eyJyb290IjoiZGVtbyIsImdldCI6WyIiXSwicHV0IjoibWUifQ"
    private static let rsa = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsJ5EEMAHBofZPhKPZNFR
        /ToF5YPcmN9WG8BYf1FQxV1mrh/6d54Oz4CRWwVsC7KcuaCLKGpZO05VtY9u+K2J
        s9OBMoEpjmN87auWQWAX3JKKiZfVbF4pnoXoia8UaOA/dfy28OEREJI94rAYsDa/
        k8Y7mSr7tj0iGUULq17s2vJc0MHYu9YJ6u0Mm77VK6B3G2FK/svbuFjcooWkFG5N
        TiuJA9QZPJcL0S1+D1nO/q9OvtagP2twq4jJC+OyKUCbAywnwDFR9v2nz8BdvE4R
        W3SCtWATHRyv6Qak1Ekkfy8jzAd4HG6uKVAkbsJlPN4h8mJdlHdaY4KYK9GTL23w
        hQIDAQAB
        -----END PUBLIC KEY-----

        """
}
