// The three products of backpropagation, blocked in registers:
//
//   z = W a + b          da = W' dz          dW = dz a', db = dz 1
//
// A block of a few rows by a few vectors stays in registers while the sum runs. Nothing is packed
// or copied: a tile is narrow, so its rows lie next to each other in the cache as they are.
#pragma once
#include "vector.hpp"

namespace glassnet {
namespace GLASSNET_PATH {

// A matrix seen as A[i, k] = at[s * segment + i * row + k * column]: the sum over k runs over
// `segments` pieces of n_k each.
template <class T> struct Factor {
    const T* at;
    size_t segment, row, column;
};

template <class T> struct Product {
    Factor<T> A;     // (rows, n_k)
    Factor<T> B;     // (n_k, columns), column stride 1
    const T* start;  // the bias of each row, or null
    T* C;            // (rows, columns)
    size_t C_row;
    int segments, n_k;
    bool add;
};

// The first n lanes
template <class T> ALWAYS_INLINE void store_part(T* to, Vec<T> v, int n, bool add) {
    for (int i = 0; i < n; i++) to[i] = add ? to[i] + v[i] : v[i];
}

// C[i ... i + R, j ... ] for V vectors, the last of which may reach beyond `columns`.
template <class T, int R, int V> inline void block(const Product<T>& p, int i, int j, int columns) {
    constexpr int L = LANES<T>;
    Vec<T> c[R][V];
#pragma GCC unroll 8
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) c[r][v] = splat<T>(p.start ? p.start[i + r] : T(0));
    for (int s = 0; s < p.segments; s++) {
        const T* A = p.A.at + s * p.A.segment + i * p.A.row;
        const T* B = p.B.at + s * p.B.segment + j;
        for (int k = 0; k < p.n_k; k++, A += p.A.column, B += p.B.row) {
            Vec<T> b[V];
#pragma GCC unroll 4
            for (int v = 0; v < V; v++) b[v] = load(B + v * L);
#pragma GCC unroll 8
            for (int r = 0; r < R; r++)
#pragma GCC unroll 4
                for (int v = 0; v < V; v++) c[r][v] += A[r * p.A.row] * b[v];
        }
    }
    T* const C = p.C + i * p.C_row + j;
    const size_t C_row = p.C_row;
    const bool add = p.add;
    const int part = columns - j - (V - 1) * L;  // of the last vector
#pragma GCC unroll 8
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) {
            T* to = C + r * C_row + v * L;
            if (v + 1 < V || part >= L)
                store<T>(to, add ? load(to) + c[r][v] : c[r][v]);
            else
                store_part<T>(to, c[r][v], part, add);
        }
}

template <class T, int R, int V>
inline void rows(const Product<T>& p, int i, int to, int j, int columns) {
    for (; to - i >= R; i += R) block<T, R, V>(p, i, j, columns);
    if constexpr (R > 1)
        if (i < to) rows<T, R - 1, V>(p, i, to, j, columns);
}

template <class T, int V>
inline void panel(const Product<T>& p, int from, int to, int j, int columns) {
    constexpr int most = GLASSNET_REGISTERS * 3 / 4 / V;
    rows<T, (most < 8 ? most : 8), V>(p, from, to, j, columns);
}

// Rows [from, to) of C = A B.
template <class T> inline void multiply(const Product<T>& p, int from, int to, int columns) {
    constexpr int L = LANES<T>;
    for (int j = 0; j < columns;) {
        const int vectors = (columns - j + L - 1) / L;
        switch (vectors) {
            case 1:
                panel<T, 1>(p, from, to, j, columns);
                j += L;
                break;
            case 2:
                panel<T, 2>(p, from, to, j, columns);
                j += 2 * L;
                break;
            case 3:
            case 5:
            case 6:
                panel<T, 3>(p, from, to, j, columns);
                j += 3 * L;
                break;
            default:
                panel<T, 4>(p, from, to, j, columns);
                j += 4 * L;
                break;
        }
    }
}

// dW = dz a' and db = dz 1 by dot products over the samples: for layers of a few inputs.
template <class T> struct Dots {
    const T *dz, *a;
    size_t dz_tile, a_tile;  // from one tile to the next
    int tiles, width, n_in;
    T *dW, *db;
    bool add;
};

// R rows of dW by J columns from (i, j), and with BIAS the R numbers of db.
template <class T, int R, int J, bool BIAS> inline void dots(const Dots<T>& d, int i, int j) {
    constexpr int L = LANES<T>, C = J + BIAS, N = R * C, GROUPS = (N + L - 1) / L;
    Vec<T> c[GROUPS * L] = {};
    for (int t = 0; t < d.tiles; t++) {
        const T* dz = d.dz + t * d.dz_tile + (size_t)i * d.width;
        const T* a = d.a + t * d.a_tile + (size_t)j * d.width;
        for (int k = 0; k < d.width; k += L) {
            Vec<T> a_j[J + 1];
#pragma GCC unroll 4
            for (int q = 0; q < J; q++) a_j[q] = load(a + q * d.width + k);
#pragma GCC unroll 4
            for (int r = 0; r < R; r++) {
                Vec<T> dz_i = load(dz + r * d.width + k);
#pragma GCC unroll 4
                for (int q = 0; q < J; q++) c[r * C + q] += dz_i * a_j[q];
                if (BIAS) c[r * C + J] += dz_i;
            }
        }
    }
    T total[GROUPS * L];
#pragma GCC unroll 16
    for (int g = 0; g < GROUPS; g++) store<T>(total + g * L, sums<T>(c + g * L));
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
        T* dW = d.dW + (size_t)(i + r) * d.n_in + j;
#pragma GCC unroll 4
        for (int q = 0; q < J; q++) dW[q] = (d.add ? dW[q] : 0) + total[r * C + q];
        if (BIAS) d.db[i + r] = (d.add ? d.db[i + r] : 0) + total[r * C + J];
    }
}

template <class T, int J, bool BIAS> inline void dots_rows(const Dots<T>& d, int i, int to, int j) {
    for (; to - i >= 4; i += 4) dots<T, 4, J, BIAS>(d, i, j);
    switch (to - i) {
        case 3:
            return dots<T, 3, J, BIAS>(d, i, j);
        case 2:
            return dots<T, 2, J, BIAS>(d, i, j);
        case 1:
            return dots<T, 1, J, BIAS>(d, i, j);
    }
}

// Rows [from, to) of dW, whose n_in columns are followed by db as one column more.
template <class T> inline void dots_and_bias(const Dots<T>& d, int from, int to) {
    int j = 0;
    for (; d.n_in - j >= 4; j += 4) dots_rows<T, 4, false>(d, from, to, j);
    switch (d.n_in - j) {
        case 3:
            return dots_rows<T, 3, true>(d, from, to, j);
        case 2:
            return dots_rows<T, 2, true>(d, from, to, j);
        case 1:
            return dots_rows<T, 1, true>(d, from, to, j);
        case 0:
            return dots_rows<T, 0, true>(d, from, to, j);
    }
}

}  // namespace GLASSNET_PATH
}  // namespace glassnet
